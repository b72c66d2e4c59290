"""The administration APIs for API clients and administrators: ``/sap/rest/…``, SCIM.

One table of routes, ``table.ROUTES``, is the source for routing, authorization, the OpenAPI
document and the tests. A family of endpoints is a folder with

    models.py    the JSON of requests (``RequestModel``) and responses (``ResponseModel``)
    routes.py    ``ROUTES``: one ``Route`` per operation, with its scopes, models and handler

A handler is a function of ``Services`` and ``ApiRequest`` that returns a ``Reply``. The request
contains the authenticated ``Caller`` (actor, zone, scopes), the decoded path parameters, the query
parameters that the route lists, and the validated body. A handler calls one service of the domain,
which is one transaction, and raises its errors: ``failures.failure_of`` maps them to status codes,
and ``Route.error_body`` to JSON. Everything before and after the handler is in ``edge.py``.

    route.py      Route, Query, Header, Reply, Handler
    request.py    ApiRequest, Caller, Services
    models.py     base classes of the models
    table.py      ROUTES of all families
    routing.py    paths to routes; path parameters are decoded after routing
    bearer.py     the caller of a request by its access token
    edge.py       authentication, limits, body, handler, response
    parameters.py the path and the query parameters of a request
    unrouted.py   responses to HEAD, unknown methods and paths
    failures.py   errors to status codes and bodies
    times.py      times in bodies
    rates.py      limits of requests per zone
    openapi/      the OpenAPI document and the page
"""
