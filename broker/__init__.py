"""An Open Service Broker for an XSUAA-like identity service, with its companion token service.

The rooms that a request passes, in the order in which data flows:

    osb/             ①  Open Service Broker requests in, responses out
    descriptor/      ②  xs-security.json and binding parameters → typed, frozen descriptors
    lifecycle/       ③  the decisions of each broker operation; one file per operation
    credentials/     ④  credential types: mint a credential, recognise it again, digest it
    oauth/           ⑤  the token service over HTTP
    authentication/  ⑥  whether a presented secret or certificate is accepted now
    tokens/          ⑦  grants, claims and signing keys → a signed token

Beside them, the domain and its storage:

    api/             the administration APIs over HTTP
    console/         the pages for operators, administrators and developers
    login/           login in the browser: authorization endpoint, sessions, pages, logout
    instances/       service instances and bindings
    authorization/   scopes per client: application references, client authorities, roles
    identity/        zones
    pki/             certificates and certificate authorities
    audit/           audit events and their actors
    relying_party/   logon at OpenID Connect providers over the network
    recovery/        reconciliation of a restored database
    store/           tables, repositories, encryption at rest

Around them, the process:

    composition/     wiring from settings to services: WSGI application, commands, token service
    server/          the supervisor, its listeners, and background tasks
    cli/             the commands
    observability/   probes, metrics, usage of credentials, refusals, traces
    logs/            structured logging and the log line of each request
    settings/        all settings, validated together
    json_text/       the reader for every JSON text of a client or a file, parts of a JWS
    redirects/       the grammar of redirect URIs, registered and requested, and their matching
    search/          the grammar of filters, the conditions that they state, pages of lists
    runtime/         deadlines, draining, bounded waits, packaged files, state directory

Shared by all of them:

    addresses.py         the absolute URLs in credentials and tokens
    clock.py             the current time
    compact_json.py      JSON without whitespace
    errors.py            the exception tree
    ids.py               identifiers
    request_body.py      reading the body of an HTTP request
    security_headers.py  headers of every response for browsers, caches and proxies
    transactions.py      the interface for running work in one transaction
    __main__.py          python -m broker
"""

__version__ = "0.2.0"
