"""OPA itself as the Rego engine: the ``opa`` executable as a child process that we bound and kill.

`engine` joins the parts. Programs that cannot touch each other share a `bundle`, which a `server`
(a `process` with a socket) serves; `asking` sends it jobs as `harness` words them and finds the
guilty when a request fails. `reading` says what modules are, by what a `command` tells of them.
"""
