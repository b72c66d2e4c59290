// The orders of three countries.

const cds = require("@sap/cds");

const COUNTRIES = ["DE", "FR", "US"];

class OrderService extends cds.ApplicationService {
    async init() {
        const db = await cds.connect.to("db");
        await cds.deploy(cds.model).to(db);
        const entries = COUNTRIES.map((country, index) => ({ ID: index + 1, country }));
        await db.run(INSERT.into("Orders").entries(entries));
        return super.init();
    }
}

module.exports = { OrderService };
