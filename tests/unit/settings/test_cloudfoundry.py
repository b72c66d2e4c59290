"""Routes and the bound PostgreSQL, in the formats of service brokers (D-25)."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import make_url

from broker.errors import ConfigurationError
from broker.settings.cloudfoundry import database_url, on_cloud_foundry, public_url

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL

Services = dict[str, list[dict[str, Any]]]

AWKWARD = "p@ss:w/o?r#d%2F[x],+ é'\""
AWKWARD_QUOTED = "p%40ss%3Aw%2Fo%3Fr%23d%252F%5Bx%5D%2C%2B%20%C3%A9%27%22"
PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY_PEM = PEM.replace("CERTIFICATE", "PRIVATE KEY")

POSTGRESQL = {"hostname": "db.internal", "dbname": "main", "username": "owner", "password": "word"}

SHAPES: dict[str, tuple[Services, str]] = {
    "SAP postgresql-db": (
        {
            "postgresql-db": [
                {
                    "label": "postgresql-db",
                    "name": "my-database",
                    "plan": "trial",
                    "tags": ["postgresql", "database"],
                    "credentials": {
                        "hostname": "postgres-3f.eu.example.com",
                        "port": "4711",
                        "dbname": "RkXq",
                        "username": "u1f3",
                        "password": "9c1e",
                        "uri": "postgres://u1f3:9c1e@postgres-3f.eu.example.com:4711/RkXq",
                    },
                }
            ]
        },
        "u1f3:9c1e@postgres-3f.eu.example.com:4711/RkXq",
    ),
    "AWS RDS broker": (
        {
            "aws-rds": [
                {
                    "tags": ["database", "RDS", "postgresql"],
                    "credentials": {
                        "db_name": "dbx7",
                        "name": "dbx7",
                        "host": "x7.rds.example.com",
                        "port": "5433",
                        "username": "admin7",
                        "password": "seven",
                        "uri": "postgres://admin7:seven@x7.rds.example.com:5433/dbx7",
                    },
                }
            ]
        },
        "admin7:seven@x7.rds.example.com:5433/dbx7",
    ),
    "AWS RDS broker without uri": (
        {
            "aws-rds": [
                {
                    "tags": ["RDS", "postgresql"],
                    "credentials": {
                        "db_name": "dbx8",
                        "name": "not-this",
                        "host": "x8.rds.example.com",
                        "port": "5434",
                        "username": "admin8",
                        "password": AWKWARD,
                    },
                }
            ]
        },
        f"admin8:{AWKWARD_QUOTED}@x8.rds.example.com:5434/dbx8",
    ),
    "Cloud Service Broker": (
        {
            "csb-google-postgres": [
                {
                    "tags": ["gcp", "postgresql", "postgres"],
                    "credentials": {
                        "hostname": "10.20.30.40",
                        "port": 5435,
                        "name": "csb",
                        "username": "maker",
                        "password": "made",
                        "uri": "postgresql://maker:made@10.20.30.40:5435/csb",
                        "jdbcUrl": "jdbc:postgresql://10.20.30.40:5435/csb?user=maker&ssl=true",
                        "use_tls": True,
                    },
                }
            ]
        },
        "maker:made@10.20.30.40:5435/csb",
    ),
    "uri only": (
        {"a9s-postgresql": [{"credentials": {"uri": "postgres://a9:nine@a9.example.com/nines"}}]},
        "a9:nine@a9.example.com:5432/nines",
    ),
    "uri only with an awkward password": (
        {
            "crunchy": [
                {
                    "tags": ["postgres"],
                    "credentials": {"uri": f"postgres://u:{AWKWARD_QUOTED}@c.example.com:5436/c"},
                }
            ]
        },
        f"u:{AWKWARD_QUOTED}@c.example.com:5436/c",
    ),
    "uri with unknown options": (
        {
            "elephants": [
                {
                    "tags": ["postgres"],
                    "credentials": {
                        "uri": "postgres://e:l@e.example.com:5437/e?reconnect=true&sslmode=require"
                    },
                }
            ]
        },
        "e:l@e.example.com:5437/e?sslmode=require",
    ),
    "Tanzu": (
        {
            "postgres": [
                {
                    "credentials": {
                        "db": "tanzu",
                        "hosts": ["first.example.com", "second.example.com"],
                        "port": 5438,
                        "user": "pgadmin",
                        "password": "tan/zu",
                        "uri": "postgresql://pgadmin:tan%2Fzu@first.example.com:5438/tanzu",
                        "jdbcUrl": "jdbc:postgresql://first.example.com:5438/tanzu",
                    }
                }
            ]
        },
        "pgadmin:tan%2Fzu@first.example.com:5438/tanzu",
    ),
    "several hosts in the uri": (
        {
            "postgres": [
                {
                    "credentials": {
                        "db": "ha",
                        "hosts": ["one.example.com", "two.example.com"],
                        "port": 5439,
                        "user": "ha",
                        "password": "both",
                        "uri": "postgresql://ha:both@one.example.com:5439,two.example.com:5439/ha",
                    }
                }
            ]
        },
        "ha:both@one.example.com:5439/ha",
    ),
    "uri without password": (
        {
            "postgresql-db": [
                {
                    "credentials": {
                        **POSTGRESQL,
                        "port": "5440",
                        "password": AWKWARD,
                        "uri": "postgres://owner@db.internal:5440/main",
                    }
                }
            ]
        },
        f"owner:{AWKWARD_QUOTED}@db.internal:5440/main",
    ),
    "user-provided": (
        {
            "user-provided": [
                {
                    "name": "our-own",
                    "tags": [],
                    "credentials": {"uri": "postgresql://mine:own@own.example.com:5441/own"},
                }
            ]
        },
        "mine:own@own.example.com:5441/own",
    ),
    "beside other services": (
        {
            "postgresql-db": [{"tags": ["postgresql"], "credentials": POSTGRESQL}],
            "redis-cache": [{"tags": ["redis"], "credentials": {"uri": "redis://:r@r:6379"}}],
            "user-provided": [{"name": "drain", "credentials": {}}, {"name": "none"}],
        },
        "owner:word@db.internal:5432/main",
    ),
}


@pytest.mark.parametrize(("services", "expected"), SHAPES.values(), ids=SHAPES)
def test_the_bound_postgresql(services: Services, expected: str, tmp_path: Path) -> None:
    found = url_of(services, tmp_path)
    assert found == make_url(f"postgresql+psycopg://{expected}")
    assert list(tmp_path.iterdir()) == []


def test_special_characters_in_a_password_are_preserved(tmp_path: Path) -> None:
    services, _ = SHAPES["uri without password"]
    assert url_of(services, tmp_path).password == AWKWARD


@pytest.mark.parametrize("option", ["sslrootcert", "cacrt"])
def test_a_root_certificate_is_stored_in_a_private_file_and_verified(
    option: str, tmp_path: Path
) -> None:
    folder = tmp_path / "state" / "database"
    url = url_of(a_binding(**{option: PEM}), folder)
    assert url.query["sslmode"] == "verify-ca"
    assert contents(folder) == {url.query["sslrootcert"]: PEM}


def test_an_explicit_sslmode_stays(tmp_path: Path) -> None:
    uri = "postgres://owner:word@db.internal:5432/main?sslmode=verify-full"
    url = url_of(a_binding(uri=uri, sslrootcert=PEM), tmp_path)
    assert url.query["sslmode"] == "verify-full"


def test_a_client_certificate_is_stored_in_private_files(tmp_path: Path) -> None:
    folder = tmp_path / "database"
    url = url_of(a_binding(sslrootcert=PEM, sslcert=PEM * 2, sslkey=KEY_PEM), folder)
    assert contents(folder) == {
        url.query["sslrootcert"]: PEM,
        url.query["sslcert"]: PEM * 2,
        url.query["sslkey"]: KEY_PEM,
    }


def test_certificates_of_an_earlier_start_are_replaced(tmp_path: Path) -> None:
    url_of(a_binding(sslrootcert=PEM * 2), tmp_path)
    url = url_of(a_binding(sslrootcert=PEM), tmp_path)
    assert contents(tmp_path) == {url.query["sslrootcert"]: PEM}


def test_several_databases_are_refused(tmp_path: Path) -> None:
    services = a_binding() | {"aws-rds": [{"tags": ["postgresql"], "credentials": POSTGRESQL}]}
    with pytest.raises(ConfigurationError, match="XSUAA_DATABASE_URL"):
        url_of(services, tmp_path)


@pytest.mark.parametrize(
    ("label", "credentials"),
    [
        ("hana", {"host": "h.example.com", "driver": "com.sap.db.jdbc.Driver"}),
        ("p.mysql", {"hostname": "m.example.com", "uri": "mysql://u:p@m.example.com:3306/m"}),
    ],
)
def test_another_kind_of_relational_database_is_not_a_postgresql(
    label: str, credentials: dict[str, str], tmp_path: Path
) -> None:
    other = {label: [{"tags": [label, "database", "relational"], "credentials": credentials}]}
    assert database_url({"VCAP_SERVICES": json.dumps(other)}, tmp_path) is None
    found = url_of(a_binding() | other, tmp_path)
    assert found.host == "db.internal"


@pytest.mark.parametrize("missing", ["hostname", "dbname", "username", "password"])
def test_an_incomplete_binding_is_refused_without_showing_it(missing: str, tmp_path: Path) -> None:
    credentials = {**POSTGRESQL, "password": "never-shown"}
    del credentials[missing]
    services: Services = {"postgresql-db": [{"credentials": credentials}]}
    with pytest.raises(ConfigurationError, match="XSUAA_DATABASE_URL") as caught:
        url_of(services, tmp_path)
    assert "never-shown" not in str(caught.value)


@pytest.mark.parametrize(
    "uri",
    [
        "postgres://u:[never-shown@db.internal:5432/main",
        "postgres://u:never-shown@db.internal:port/main",
        "postgres://u:never-shown@db.internal:99999/main",
    ],
)
def test_the_other_members_replace_an_unreadable_uri(uri: str, tmp_path: Path) -> None:
    assert url_of(a_binding(uri=uri), tmp_path) == url_of(a_binding(), tmp_path)
    services: Services = {"postgresql-db": [{"credentials": {"uri": uri}}]}
    with pytest.raises(ConfigurationError, match="XSUAA_DATABASE_URL") as caught:
        url_of(services, tmp_path)
    assert "never-shown" not in str(caught.value)


def test_a_comma_in_the_password_is_not_a_second_host(tmp_path: Path) -> None:
    services: Services = {
        "a9s-postgresql": [{"credentials": {"uri": "postgres://u:one,two@a.example.com:5442/a"}}]
    }
    assert url_of(services, tmp_path).password == "one,two"


def test_an_address_of_version_6_keeps_its_brackets(tmp_path: Path) -> None:
    services: Services = {
        "user-provided": [{"credentials": {"uri": "postgres://u:p@[2001:db8::7]:5443/six"}}]
    }
    found = url_of(services, tmp_path)
    assert (found.host, found.port, found.database) == ("2001:db8::7", 5443, "six")


@pytest.mark.parametrize("text", ["{", "[]", '"text"', "null"])
def test_what_is_no_json_object_is_refused_by_name(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="VCAP_SERVICES"):
        database_url({"VCAP_SERVICES": text}, tmp_path)
    with pytest.raises(ConfigurationError, match="VCAP_APPLICATION"):
        public_url({"VCAP_APPLICATION": text})


@pytest.mark.parametrize("environ", [{}, {"VCAP_SERVICES": ""}, {"VCAP_SERVICES": "{}"}])
def test_nothing_bound_is_no_database(environ: dict[str, str], tmp_path: Path) -> None:
    assert database_url(environ, tmp_path) is None


def test_the_first_route_is_the_public_url() -> None:
    routes = {"application_uris": ["uaa.example.com", "other.example.com"]}
    assert public_url({"VCAP_APPLICATION": json.dumps(routes)}) == "https://uaa.example.com"


@pytest.mark.parametrize("application", [{}, {"application_uris": []}, {"application_uris": None}])
def test_an_application_without_a_route_has_no_public_url(application: dict[str, Any]) -> None:
    environ = {"VCAP_APPLICATION": json.dumps(application)}
    assert on_cloud_foundry(environ)
    assert public_url(environ) is None


def test_other_environments_are_not_cloud_foundry() -> None:
    assert not on_cloud_foundry({})
    assert public_url({}) is None


def a_binding(**members: str) -> Services:
    """Return a bound PostgreSQL with further members in its credentials."""
    return {"postgresql-db": [{"tags": ["postgresql"], "credentials": {**POSTGRESQL, **members}}]}


def url_of(services: Services, folder: Path) -> URL:
    """Return the database URL for these services."""
    text = database_url({"VCAP_SERVICES": json.dumps(services)}, folder)
    assert text is not None
    return make_url(text)


def contents(folder: Path) -> dict[str, str]:
    """Return path → text of all files, which have to be private."""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    return {str(path): path.read_text() for path in files}
