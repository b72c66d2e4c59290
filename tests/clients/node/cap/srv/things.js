// Every service returns the user and tenant of the request.

const cds = require("@sap/cds");

class Speaking extends cds.ApplicationService {
    init() {
        this.on("whoami", (req) => `${req.user.id} of ${req.tenant ?? "nobody"}`);
        return super.init();
    }
}

module.exports = {
    DisplayService: Speaking,
    EditService: Speaking,
    AnybodyService: Speaking,
    SystemService: Speaking,
    OpenService: Speaking,
};
