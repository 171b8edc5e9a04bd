"""Why the API server gave no answer; each message is a reason a user can act on."""


class ApiError(Exception):
    """A request was answered with an error, or not understood."""


class NoCredentialsError(Exception):
    """Nothing says which cluster to ask, or as whom."""


class CredentialsError(Exception):
    """What the user named as credentials cannot be used."""


class UnauthorizedError(ApiError):
    """The server does not know who asks: no further request can succeed."""


class UnreachableError(ApiError):
    """The server does not answer: no further request is worth its time."""


class SilentError(UnreachableError):
    """The server takes a request and says nothing: it hangs, or what it asks for us does."""


class LateError(ApiError):
    """The time for collecting is over."""


FATAL = (UnauthorizedError, UnreachableError, LateError)
"""After these no further request has an answer."""


class ForbiddenError(ApiError):
    """The server knows who asks and refuses."""


class MissingError(ApiError):
    """There is no such resource: the API group or the definition is not installed."""


class GoneError(ApiError):
    """A list changed too much to be continued.

    Args:
        message: one sentence.
        token: continues the list in its newest state, when the server offers that.
    """

    def __init__(self, message: str, token: str | None = None) -> None:
        super().__init__(message)
        self.token = token


class RestartedError(Exception):
    """A list has to be read again: what was given of it so far does not count."""
