"""What the API server refuses or cannot do, in our words."""

from modeladmit.errors import ModeladmitError


class ClusterError(ModeladmitError):
    """The API server did not do what it was asked."""


class ClusterUnreachable(ClusterError):
    """No connection, no answer in time, or an answer of the 5xx kind or 429: try again later."""

    transient = True


class ObjectNotFound(ClusterError):
    """No such object, or no such kind."""


class Forbidden(ClusterError):
    """Our identity may not do that."""


class Conflict(ClusterError):
    """The object exists already, or was changed by somebody else in between."""


class Rejected(ClusterError):
    """The API server finds the request itself wrong."""
