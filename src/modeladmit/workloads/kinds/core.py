"""The kinds that Kubernetes itself has: Pods, and what produces them."""

from modeladmit.workloads.tables import Kind

_PRODUCERS = (
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("", "ReplicationController"),
    ("", "PodTemplate"),
)

KINDS = (
    Kind("", "Pod", "Kubernetes Pod", inference=False, loads_models=True),
    *(Kind(group, kind, f"Kubernetes {kind}", inference=False) for group, kind in _PRODUCERS),
)
