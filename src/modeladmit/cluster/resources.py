"""Kinds of the Kubernetes API that modeladmit reads, and where they live."""

from dataclasses import dataclass
from typing import Final

GROUP: Final = "modeladmit.io"
VERSION: Final = "v1alpha1"


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind and its place in the API."""

    group: str
    """Empty for the core group."""
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """`group/version`, or `version` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def discovery(self) -> str:
        """The path of the list of kinds of its version (APIResourceList)."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The path below the server's root; a collection without `name`."""
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.discovery}{inside}/{self.plural}" + (f"/{name}" if name else "")


TRUST_POLICIES: Final = Resource(GROUP, VERSION, "trustpolicies", "TrustPolicy", namespaced=False)
TRUST_ROOTS: Final = Resource(GROUP, VERSION, "trustroots", "TrustRoot", namespaced=False)
EXEMPTIONS: Final = Resource(
    GROUP, VERSION, "policyexemptions", "PolicyExemption", namespaced=False
)
MODEL_REFS: Final = Resource(GROUP, VERSION, "modelrefs", "ModelRef")
NAMESPACES: Final = Resource("", "v1", "namespaces", "Namespace", namespaced=False)
SECRETS: Final = Resource("", "v1", "secrets", "Secret")
CONFIG_MAPS: Final = Resource("", "v1", "configmaps", "ConfigMap")
SERVICE_ACCOUNTS: Final = Resource("", "v1", "serviceaccounts", "ServiceAccount")
PODS: Final = Resource("", "v1", "pods", "Pod")
EVENTS: Final = Resource("events.k8s.io", "v1", "events", "Event")
LEASES: Final = Resource("coordination.k8s.io", "v1", "leases", "Lease")
DEFINITIONS: Final = Resource(
    "apiextensions.k8s.io",
    "v1",
    "customresourcedefinitions",
    "CustomResourceDefinition",
    namespaced=False,
)
