"""An Open Service Broker for an XSUAA-like identity service, with its companion token service.

One request's way through the folders, in the order in which data flows:

    osb/          ①  Open Service Broker requests in, responses out
    descriptor/   ②  xs-security.json and binding parameters → typed, frozen descriptors
    instances/    ③  what each broker operation decides; one file per operation
    credentials/  ④⑥ a credential minted for a binding, and recognised again later
    oauth/        ⑤  the token service over HTTP
    tokens/       ⑦  grants, claims and signing keys → a signed token
    pki/          certificates
    store/        tables, repositories, encryption at rest

Beside them, the process:

    app.py           the composition root: settings → store → services → WSGI application
    token_service.py the same for the token service, which also runs alone
    administration.py  and for what runs without HTTP: commands, the start, housekeeping
    serve.py         the supervisor of the two listeners
    server/          the listeners, and what the supervisor does beside them
    platforms.py     the platforms that the settings name
    certificates.py  what the settings say about certificates, put together
    draining.py      an orderly end that loses no request
    crowding.py      clients of a crowded worker come to another one
    cli/             the commands
    banner.py        what a developer is told to type next
    security_headers.py  what every answer says to browsers, caches and proxies
    master_keys.py   how master keys are written
    settings.py      every setting, checked at once
    settings_entries.py  platforms and zones, as settings list them
    environment.py   reads them from the environment
    cloudfoundry.py  what Cloud Foundry tells an application about itself
    state.py         files that are made once, for their owner only
    observability/   probes, metrics, use of credentials, request log, traces
    telemetry.py     logs
    compact_json.py  JSON without blanks
    addresses.py     the absolute URLs that credentials and tokens name
    resources.py     where files that ship with the code lie
    errors.py        the one exception tree
    clock.py         the time
    deadline.py      by when a request must be answered
    bounded.py       an answer in time from work that may hang
    ids.py           identifiers
    __main__.py      python -m broker
"""

__version__ = "0.1.0"
