"""The credentials of service instances: what exists, who uses it, what a change would break.

One set of services for the command line, the administration API and the console:

    read.py      the overview of an instance, the list of instances, the preview of an update
    change.py    rotation of an instance secret, revocation of a binding's credential
    migration.py how far instances are on the way to credentials per binding
    cut_off.py   the bindings that a list of credential types cuts off
    next_step.py the commands of the platform that deliver a successor
"""
