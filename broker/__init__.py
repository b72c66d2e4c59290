"""An Open Service Broker for an XSUAA-like identity service, with its companion token service.

One request's way through the rooms, in the order in which data flows:

    osb/             ①  Open Service Broker requests in, responses out
    descriptor/      ②  xs-security.json and binding parameters → typed, frozen descriptors
    lifecycle/       ③  what each broker operation decides; one file per operation
    credentials/     ④  credential types: mint a credential, recognise it again, digest it
    oauth/           ⑤  the token service over HTTP
    authentication/  ⑥  whether a presented secret or certificate is accepted now
    tokens/          ⑦  grants, claims and signing keys → a signed token

Beside them, what they decide on:

    instances/       service instances and bindings
    authorization/   who may get which scope: references, client authorities, roles
    identity/        zones
    pki/             certificates and certificate authorities
    audit/           events, and the actors that cause them
    recovery/        reconciliation of a restored database
    store/           tables, repositories, encryption at rest

Around them, the process:

    composition/     settings become services: the WSGI application, commands, the token service
    server/          the supervisor, its listeners, and background tasks
    cli/             the commands
    observability/   probes, metrics, use of credentials, refusals, traces
    logs/            the log, and the line of each request
    settings/        every setting, checked at once
    runtime/         deadlines, draining, bounded waits, files beside the code

And what all of them may use:

    addresses.py         the absolute URLs that credentials and tokens name
    clock.py             the time
    compact_json.py      JSON without blanks
    errors.py            the one exception tree
    ids.py               identifiers
    request_body.py      the body of an HTTP request, and whether it was read
    security_headers.py  what every response says to browsers, caches and proxies
    transactions.py      what runs work in one transaction
    __main__.py          python -m broker
"""

__version__ = "0.1.0"
