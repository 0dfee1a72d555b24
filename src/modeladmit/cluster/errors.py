"""What the API server refuses or cannot do, in our words."""

from modeladmit.errors import ModeladmitError


class ClusterError(ModeladmitError):
    """The API server did not do what it was asked."""


class ClusterUnreachable(ClusterError):  # noqa: N818
    """No connection, no answer in time, or an answer of the 5xx kind or 429: try again later."""

    transient = True


class ObjectNotFound(ClusterError):  # noqa: N818
    """No such object, or no such kind."""


class Forbidden(ClusterError):  # noqa: N818
    """Our identity may not do that."""


class Conflict(ClusterError):  # noqa: N818
    """The object exists already, or was changed by somebody else in between."""


class Rejected(ClusterError):  # noqa: N818
    """The API server finds the request itself wrong."""
