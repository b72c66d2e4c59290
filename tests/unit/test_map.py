"""The map in the package's docstring, the folders and the layout agree."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import broker

PACKAGE = Path(broker.__file__).parent
ROOT = PACKAGE.parent


def test_the_map_lists_every_folder_once() -> None:
    listed = re.findall(r"^    (\w+(?:/|\.py))\s", broker.__doc__ or "", re.MULTILINE)
    folders = {
        f"{path.name}/" if path.is_dir() else path.name
        for path in PACKAGE.iterdir()
        if path.name not in {"__pycache__", "__init__.py"}
    }
    assert len(listed) == len(set(listed))
    assert set(listed) == folders


def test_no_folder_is_a_catch_all() -> None:
    catch_all_names = {"utils", "util", "helpers", "helper", "common", "misc"}
    for folder in (PACKAGE, ROOT / "tests"):
        for path in folder.rglob("*"):
            assert path.stem not in catch_all_names or "node_modules" in path.parts, path


def test_no_assertion_compares_in_its_message() -> None:
    """``assert a, b == c`` passes for every true ``a``."""
    files = [each for each in (ROOT / "tests").rglob("*.py") if "node_modules" not in each.parts]
    found = [
        f"{file}:{node.lineno}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Assert) and isinstance(node.msg, ast.Compare)
    ]
    assert found == []


def test_modules_stay_small() -> None:
    sizes = {path: len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py")}
    assert {path: lines for path, lines in sizes.items() if lines > 300} == {}


def test_folders_stay_small() -> None:
    too_large = {}
    for folder in [PACKAGE, *(path for path in PACKAGE.rglob("*") if path.is_dir())]:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        limit = {PACKAGE: 9, PACKAGE / "cli": 21}.get(folder, 16)
        if len(modules) > limit:
            too_large[str(folder)] = len(modules)
    assert too_large == {}


WITHOUT_A_UNIT_TEST = {
    "pages about access, in tests/unit/console/test_access.py": {
        "console/access/chains.py",
        "console/access/english.py",
        "console/access/explain.py",
        "console/access/gaps.py",
        "console/access/german.py",
        "console/access/holders.py",
        "console/access/messages.py",
        "console/access/pages.py",
        "console/access/question.py",
    },
    "who has a scope, on each database, in tests/unit/authorization/views/test_scope_holders.py": {
        "store/authorization/scope_candidates.py",
        "store/authorization/views/scope_holders.py",
    },
    "paths to scopes, in tests/unit/authorization/decision/test_explanation.py": {
        "authorization/decision/path.py",
    },
    "types and protocols only": {
        "audit/event.py",
        "audit/ports.py",
        "authentication/consent.py",
        "authentication/refused_attempts.py",
        "authorization/decision/assigned.py",
        "authorization/collections/events.py",
        "authorization/collections/ports.py",
        "authorization/ports.py",
        "authorization/views/ports.py",
        "authorization/rights.py",
        "console/rights.py",
        "console/services.py",
        "console/view.py",
        "credentials/listed.py",
        "identity/client.py",
        "identity/client_settings.py",
        "identity/ended_logons.py",
        "identity/password.py",
        "identity/ports.py",
        "identity/providers/ports.py",
        "identity/users/ports.py",
        "lifecycle/ports.py",
        "lifecycle/requests.py",
        "lifecycle/zones/ports.py",
        "login/pages/views.py",
        "osb/specifications.py",
        "recovery/logged_event.py",
        "relying_party/ports.py",
        "tokens/ports.py",
        "transactions.py",
    },
    "tables only, compared with the migrations in tests/migrations/test_schema.py": {
        "store/tables/assignments.py",
        "store/tables/core.py",
        "store/tables/declared.py",
        "store/tables/identity.py",
        "store/tables/tokens.py",
        "store/tables/usage.py",
        "store/tables/user_grants.py",
    },
    "requests to the administration APIs, in tests/edge/administration/test_requests.py": {
        "api/edge.py",
        "api/openapi/endpoints.py",
        "api/paths.py",
        "api/request.py",
        "api/route.py",
        "api/unrouted.py",
    },
    "the administration of role collections, in"
    " tests/edge/administration/test_role_collections.py": {
        "api/role_collections/handlers.py",
        "api/role_collections/models.py",
        "api/role_collections/requests.py",
        "api/role_collections/routes.py",
    },
    "unused users, in tests/unit/identity/users/test_unused.py": {
        "store/identity/unused_users.py",
    },
    "users by origin and name, in tests/edge/administration/test_users_by_name.py": {
        "api/users/models.py",
        "api/users/requests.py",
        "api/users/routes.py",
        "store/identity/user_names.py",
    },
    "applications, in tests/unit/authorization/views/test_applications.py and"
    " tests/edge/administration/test_applications.py": {
        "api/applications/models.py",
        "api/applications/routes.py",
        "store/authorization/views/applications.py",
    },
    "security settings, in tests/edge/administration/test_security_settings.py": {
        "api/security_settings/models.py",
        "api/security_settings/requests.py",
        "api/security_settings/routes.py",
        "instances/inventory.py",
    },
    "the audit trail of the console, in tests/unit/console/test_audit.py": {
        "console/audit/cells.py",
        "console/audit/export.py",
        "console/audit/filters.py",
        "console/audit/messages.py",
        "console/audit/pages.py",
    },
    "pages about credentials, in tests/unit/console/test_instances.py and"
    " tests/unit/console/test_table.py": {
        "console/instances/english.py",
        "console/instances/find.py",
        "console/instances/forms.py",
        "console/instances/german.py",
        "console/instances/messages.py",
        "console/instances/pages.py",
        "console/instances/update.py",
        "console/migration/messages.py",
        "console/migration/pages.py",
        "console/signing_keys/messages.py",
        "console/signing_keys/pages.py",
    },
    "updates by the operator, in tests/unit/console/test_applied_updates.py": {
        "console/instances/apply.py",
    },
    "what needs attention, in tests/unit/console/test_overview.py,"
    " tests/unit/console/test_table.py and tests/unit/store/reports/test_findings.py": {
        "console/overview/approval.py",
        "console/overview/lists.py",
        "console/overview/messages.py",
        "console/overview/pages.py",
        "lifecycle/overview/attention.py",
    },
    "the classes of certificates, in tests/unit/store/reports/test_census.py and"
    " tests/unit/store/reports/test_findings.py": {
        "store/reports/certificate_life.py",
    },
    "credentials of instances, in tests/unit/lifecycle/overview/test_read.py and"
    " tests/edge/administration/test_credentials.py": {
        "api/credentials/answers.py",
        "api/credentials/models.py",
        "api/credentials/routes.py",
        "lifecycle/overview/cut_off.py",
        "lifecycle/overview/model.py",
        "lifecycle/overview/ports.py",
        "store/reports/credential_overview.py",
        "store/reports/credential_rows.py",
        "store/reports/instance_lists.py",
        "store/reports/migration.py",
    },
    "role collections of the user of a token, in tests/edge/administration/test_user_tokens.py": {
        "api/role_collections/of_user.py",
    },
    "identity providers, in tests/edge/administration/test_identity_providers.py": {
        "api/identity_providers/models.py",
        "api/identity_providers/requests.py",
        "api/identity_providers/routes.py",
    },
    "mappings of providers, in tests/edge/administration/test_mappings.py": {
        "api/mappings/routes.py",
    },
    "who may change holders of built-in roles, in tests/unit/identity/test_built_in_roles.py": {
        "authorization/collections/protection.py",
    },
    "lists of role collections and roles, in"
    " tests/unit/authorization/views/test_collections.py and"
    " tests/edge/administration/test_roles.py": {
        "api/roles/models.py",
        "api/roles/requests.py",
        "api/roles/routes.py",
        "authorization/views/changed_roles.py",
        "authorization/views/model.py",
        "store/authorization/views/collections.py",
        "store/authorization/views/held.py",
        "store/authorization/views/roles.py",
    },
    "role collections, in tests/unit/authorization/collections/test_zone_collections.py,"
    " tests/unit/authorization/collections/test_transfer.py and"
    " tests/unit/store/authorization/test_roles.py": {
        "authorization/collections/export_document.py",
        "authorization/collections/find.py",
        "authorization/collections/model.py",
        "store/authorization/collections/assignments.py",
        "store/authorization/collections/built_in.py",
        "store/authorization/collections/declared.py",
        "store/authorization/collections/mappings.py",
        "store/authorization/collections/role_collections.py",
        "store/authorization/collections/roles.py",
        "store/authorization/replacing.py",
    },
    "conditions of filters, in tests/unit/search/test_filter.py,"
    " tests/unit/store/database/test_conditions.py and tests/properties/test_filters.py": {
        "identity/users/search.py",
        "search/condition.py",
        "store/tables/collation.py",
    },
    "lists of users and groups, in tests/unit/authorization/groups/test_read.py,"
    " tests/unit/api/scim/test_user_models.py and tests/edge/administration/test_scim_lists.py": {
        "api/scim/group_models.py",
        "api/scim/groups.py",
        "authorization/groups/ports.py",
    },
    "changes of users by requests, in tests/edge/administration/test_scim_users.py": {
        "api/scim/user_requests.py",
        "api/scim/users.py",
    },
    "commands on role collections, in tests/edge/test_role_collections.py": {
        "cli/identity/collection_transfer.py",
        "cli/identity/role_collections.py",
        "cli/identity/roles.py",
        "cli/identity/services.py",
    },
    "commands at the running server, in tests/edge/test_commands_without_platform.py": {
        "cli/instances/create.py",
        "cli/instances/requested.py",
        "cli/service_keys/at_server.py",
        "cli/service_keys/create.py",
        "cli/service_keys/deletion.py",
        "cli/service_keys/listing.py",
        "cli/service_keys/output.py",
        "cli/service_keys/show.py",
        "cli/token.py",
    },
    "wiring of the application, in tests/unit/composition/test_app.py": {
        "composition/observers.py",
        "composition/token_service.py",
    },
    "wiring of the commands, in tests/unit/cli/test_commands.py": {
        "__init__.py",
        "__main__.py",
        "cli/__init__.py",
        "cli/completion.py",
        "cli/credentials/__init__.py",
        "cli/identity/users/__init__.py",
        "cli/instances/__init__.py",
        "cli/service_keys/__init__.py",
        "composition/identity.py",
    },
    "commands of one group, in tests/unit/cli/identity/providers/test_providers.py": {
        "cli/identity/providers/__init__.py",
        "cli/identity/providers/add.py",
        "cli/identity/providers/change.py",
        "cli/identity/providers/delete.py",
        "cli/identity/providers/listing.py",
        "cli/identity/providers/options.py",
    },
    "logons at identity providers, in tests/edge/test_provider_login.py": {
        "authorization/collections/mapped.py",
        "cli/identity/providers/trial.py",
        "login/provider_callback.py",
        "login/providers/failures.py",
        "login/providers/start.py",
        "relying_party/logout.py",
        "relying_party/provider_state.py",
        "relying_party/trial.py",
    },
    "connections to providers, in tests/unit/relying_party/network/test_http.py": {
        "relying_party/network/connection.py",
    },
    "parts of the event loop, in tests/unit/server/http/test_event_loop.py and"
    " tests/security/test_connection_limits.py": {
        "server/http/handshakes.py",
        "server/http/options.py",
        "server/http/responding.py",
        "server/http/watching.py",
    },
    "processes of a server, in tests/operations/test_start.py and"
    " tests/edge/test_forwarded_certificates.py": {
        "server/gunicorn/plain_listener.py",
        "server/gunicorn/worker.py",
        "server/supervisor.py",
    },
    "wiring of HTTP, in tests/edge/test_osb_lifecycle.py and"
    " tests/edge/test_operations_endpoints.py": {
        "observability/probes.py",
        "osb/blueprint.py",
        "osb/schemas.py",
    },
    "wiring and pages of logins, in tests/unit/login/test_flow.py": {
        "composition/login.py",
        "login/session_pages.py",
    },
    "texts of pages, in tests/unit/login/pages/test_language.py": {
        "login/pages/messages/de.py",
        "login/pages/messages/en.py",
    },
    "pages of the console, each with each role, in tests/unit/console/test_table.py": {
        "composition/console.py",
        "console/edge.py",
        "console/home/messages.py",
        "console/home/pages.py",
        "console/messages/de.py",
        "console/messages/en.py",
        "console/page.py",
        "console/rendering.py",
        "console/request.py",
        "console/role_collections/messages.py",
        "console/account/messages.py",
        "console/account/pages.py",
        "console/providers/messages.py",
        "console/providers/pages.py",
        "console/role_collections/changes.py",
        "console/role_collections/lists.py",
        "console/role_collections/own.py",
        "console/users/messages.py",
        "console/users/pages.py",
        "console/users/lists.py",
        "console/users/changes.py",
        "console/role_collections/pages.py",
        "console/role_collections/paths.py",
    },
    "lists of the console, in tests/unit/authorization/views/test_zones.py and"
    " tests/unit/authorization/views/test_overview.py": {
        "store/authorization/views/overview.py",
        "store/reports/zone_list.py",
    },
    "users' own pages, in tests/edge/test_own_pages.py": {
        "authentication/passwords/change.py",
        "composition/own_pages.py",
        "login/own_pages/endpoints.py",
        "login/own_pages/own_session.py",
    },
    "libraries at work in a server, in tests/edge/test_metrics.py and tests/edge/test_tracing.py": {
        "observability/metrics.py",
        "observability/tracing.py",
    },
}
"""Modules without their own unit test, by reason; paths below the package."""


def has_code(path: Path) -> bool:
    return any(not isinstance(node, ast.Expr) for node in ast.parse(path.read_text()).body)


def unit_test_of(path: Path) -> Path:
    module = path.relative_to(PACKAGE)
    return ROOT / "tests" / "unit" / module.parent / f"test_{module.stem}.py"


def test_every_module_has_its_unit_test_or_a_reason() -> None:
    untested = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if has_code(path) and not unit_test_of(path).exists()
    }
    excused = [module for modules in WITHOUT_A_UNIT_TEST.values() for module in modules]
    assert len(excused) == len(set(excused))
    assert untested == set(excused)


def test_reasons_name_tests_that_exist() -> None:
    for reason in WITHOUT_A_UNIT_TEST:
        for place in re.findall(r"tests/[\w/.]+\w", reason):
            assert (ROOT / place).exists(), place


def test_modules_of_types_contain_no_logic() -> None:
    decisions = (ast.If, ast.IfExp, ast.For, ast.While, ast.Match, ast.Try, ast.comprehension)
    for module in WITHOUT_A_UNIT_TEST["types and protocols only"]:
        for node in ast.walk(ast.parse((PACKAGE / module).read_text())):
            typing_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            assert typing_only or not isinstance(node, decisions), (module, ast.unparse(node))
