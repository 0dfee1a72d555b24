"""Every finding code: one word that is the condition reason, the metric label, the exemption code and the docs anchor."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Entry:
    """What a code means, and what people do about it."""

    code: str
    title: str
    meaning: str
    remedy: str
    exemptible: bool = False
    """Whether a PolicyExemption can excuse it: it is about one model, and neither a revocation nor our own state."""


_ENTRIES: Final = (
    Entry(
        "MutableReference",
        "The reference can change",
        "The workload names a model by a tag, branch, alias, short commit or an unversioned key. Whoever can write there decides, "
        "after admission, what runs. A policy asks for a stronger pin.",
        "Write the pin that the denial shows (`fix:`), or run `modeladmit pin -f FILE --write`.",
        exemptible=True,
    ),
    Entry(
        "MutableCarrier",
        "The text that names the model can change after admission",
        "The reference comes from a ConfigMap, Secret, fieldRef or mounted file. It is read when the container starts, so a pin in it "
        "is no pin.",
        "Write the reference into the object itself, as an argument or a plain environment variable.",
        exemptible=True,
    ),
    Entry(
        "EndpointOverridden",
        "A setting changes what the name means",
        "HF_ENDPOINT, VLLM_USE_MODELSCOPE, a proxy, a CA variable, hostAliases or dnsConfig sends the download somewhere that the "
        "settings of modeladmit do not list.",
        "Remove the setting, or ask the cluster operator to list its value under `endpoints` in the settings.",
        exemptible=True,
    ),
    Entry(
        "SourceNotAllowed",
        "The model does not come from an allowed source",
        "No pattern under `require.sources` of the policy covers the reference.",
        "Use a model from an allowed source, or ask the platform team to add the source.",
        exemptible=True,
    ),
    Entry(
        "Lookalike",
        "The name resembles an allowed one",
        "The reference is not covered by a pattern, but is confusable with one: a letter apart, a homoglyph, other separators, a "
        "swapped owner. This is how squatted names look.",
        "Check the spelling against the original that the finding names.",
        exemptible=True,
    ),
    Entry(
        "FormatNotAllowed",
        "A file format is not allowed",
        "The artifact holds files in a format outside `require.formats`. Pickle-based formats run code when they are loaded.",
        "Convert the weights (for example to Safetensors) and publish them without the other files.",
        exemptible=True,
    ),
    Entry(
        "RemoteCode",
        "The model brings code",
        "The artifact or the engine's settings make the server run code from the repository (`--trust-remote-code`, `auto_map`, "
        "Python files, import paths).",
        "Remove the flag, or use a model that the engine supports natively.",
        exemptible=True,
    ),
    Entry(
        "UnpinnedCode",
        "Code that runs is not pinned",
        "Remote code is allowed only when it is pinned like the weights. Code that a configuration file names in another repository "
        "(`auto_map`) cannot be pinned from the workload, so it never is.",
        "Pin the code by commit or digest, for example with `--code-revision=<commit>`; vendor what another repository holds into "
        "the model's own.",
        exemptible=True,
    ),
    Entry(
        "UndeclaredModel",
        "No ModelRef of the namespace declares this model",
        "The policy admits only models that a ModelRef of the same namespace declares with the same URI and resolved digest.",
        "Create a ModelRef for the model, or use a declared one (`kubectl get modelrefs`).",
        exemptible=True,
    ),
    Entry(
        "InlineCredential",
        "A credential is written into the object",
        "A token or key stands in the object in plain text, where everyone who may read the object can read it.",
        "Put it into a Secret and refer to it with `secretKeyRef`.",
        exemptible=True,
    ),
    Entry(
        "SignatureMissing",
        "Not signed by anybody the policy accepts",
        "Fewer distinct authorities signed the artifact than the policy asks for. Signatures that do not count are listed with the step "
        "that failed.",
        "Have one of the named authorities sign the digest, for example `cosign sign --key KEY REPO@DIGEST`.",
        exemptible=True,
    ),
    Entry(
        "AttestationMissing",
        "A required attestation is missing",
        "No attestation of the asked predicateType is signed by enough of the named authorities.",
        "Produce it and sign it, for example with `cosign attest --type TYPE --predicate FILE REPO@DIGEST`.",
        exemptible=True,
    ),
    Entry(
        "AttestationStale",
        "The attestation is too old",
        "The attestation's trusted time is older than `maxAge`, or nobody trusted vouches for its time.",
        "Repeat the evaluation and sign the new result with a timestamp.",
        exemptible=True,
    ),
    Entry(
        "AttestationRuleFailed",
        "The attestation says no",
        "A CEL rule of the policy does not hold for the signed predicate, or cannot be evaluated on it.",
        "Read the rule's message; the model needs a result that satisfies it.",
        exemptible=True,
    ),
    Entry(
        "StageNotReached",
        "The model is not promoted to the asked stage",
        "No signed promotion attestation proves the stage. Labels and registry fields are not proof.",
        "One of the named authorities signs the promotion: `cosign attest --type https://modeladmit.io/attestation/promotion/v0.1 "
        '--predicate FILE REPO@DIGEST`, where FILE holds `{"stage": "Production"}`.',
        exemptible=True,
    ),
    Entry(
        "GuardMissing",
        "Nothing re-hashes the bytes before the server starts",
        "The policy wants the load-time guard in the Pod, and none counts: see the finding for which condition fails.",
        "Add the guard as init container: `modeladmit guard --expect DIGEST PATH`.",
        exemptible=True,
    ),
    Entry(
        "Revoked",
        "This artifact is revoked",
        "A policy's `deny` list names the digest or the reference. It wins over everything, exemptions included.",
        "Use another version; the reason stands in the finding.",
    ),
    Entry(
        "NotCovered",
        "No policy vouches for this in a closed namespace",
        'In a namespace labelled `modeladmit.io/enforce: "true"` every model needs a covering policy in mode Enforce.',
        "Ask the platform team for a TrustPolicy that covers the model, or use a covered one.",
        exemptible=True,
    ),
    Entry(
        "Undetermined",
        "A model must exist here and cannot be determined",
        "The workload is inference, but what it loads comes from a variable in a Secret, from shell text that cannot be read, from a "
        "script or a file outside the object, or is not named at all.",
        "Name the model and its revision in plain arguments or variables of the object.",
    ),
    Entry(
        "NotResolvable",
        "The place has no identity at admission",
        "A volume claim, a host path or a path inside the image can hold anything when the Pod starts.",
        "Load the model from a registry by digest, or add the load-time guard with the verified digest.",
        exemptible=True,
    ),
    Entry(
        "InvalidReference",
        "Not a reference",
        "The text in the place of a model reference cannot be read as one.",
        "Correct it.",
    ),
    Entry(
        "ArtifactNotFound",
        "The store has no such artifact",
        "The registry or hub answers that the name, version or file does not exist.",
        "Check the spelling and the version; push the artifact first.",
        exemptible=True,
    ),
    Entry(
        "AccessDenied",
        "The store refuses us",
        "The registry or hub asks for credentials, or refuses those we have. A gated or private model looks like this.",
        "Give modeladmit a pull secret for the host, or list it in the Pod's imagePullSecrets where the settings allow it.",
        exemptible=True,
    ),
    Entry(
        "ArtifactRenamed",
        "The store answers under another name",
        "The artifact was renamed or moved. A freed name can be registered by somebody else and then serve other bytes.",
        "Write the new name, after checking who owns it.",
        exemptible=True,
    ),
    Entry(
        "HostForbidden",
        "The host may not be asked",
        "The host, the address it resolves to, or the place it redirects to is not allowed by the settings.",
        "Ask the cluster operator to list the host under `registries`, or use an allowed one.",
        exemptible=True,
    ),
    Entry(
        "LimitExceeded",
        "Too large to judge",
        "A body, list or nesting is over its bound.",
        "Make the object or artifact smaller.",
        exemptible=True,
    ),
    Entry(
        "UnexpectedContent",
        "The store answers nonsense",
        "The answer does not follow the store's protocol.",
        "Check that the host is a registry or hub, and its proxy.",
        exemptible=True,
    ),
    Entry(
        "DigestMismatch",
        "The bytes are not the ones that were named",
        "What the store sent does not hash to the digest it was asked by. A mirror or cache may be poisoned.",
        "Do not retry around it: find out which cache or mirror answered.",
        exemptible=True,
    ),
    Entry(
        "SourceUnavailable",
        "The store cannot be reached",
        "A connection failed or the store answers with errors. Nothing unverified is admitted because of it.",
        "Try again when the store is back; a digest that was verified before keeps working.",
        exemptible=True,
    ),
    Entry(
        "RateLimited",
        "The store asks us to wait",
        "The store's rate limit outlasts the deadline.",
        "Try again later, or mirror it.",
        exemptible=True,
    ),
    Entry(
        "DeadlineExceeded",
        "No answer in time",
        "The store did not answer before the admission deadline. The work goes on in the background.",
        "Try again: the answer is then known.",
        exemptible=True,
    ),
    Entry(
        "PolicyInvalid",
        "A policy does not compile",
        "A TrustPolicy that selects this namespace cannot be understood any more (a missing key, trust root or a newer field).",
        "The platform team finds the fields in `kubectl describe trustpolicy NAME`.",
    ),
    Entry(
        "Unsynced",
        "Policies are not known",
        "modeladmit has not seen the policies yet, or not for too long. It does not guess.",
        "Try again in a moment; the cluster operator looks at the connection to the API server.",
    ),
    Entry(
        "InternalError",
        "A bug in modeladmit",
        "Something failed that should not. The denial carries an id that the log has too.",
        "Report it with the id.",
    ),
    Entry(
        "InvalidReview",
        "Not an AdmissionReview",
        "The request of the API server cannot be read.",
        "Check versions and proxies.",
    ),
    Entry(
        "ConfigurationError",
        "Our own setup is wrong",
        "A setting of modeladmit is contradictory or missing.",
        "See its log.",
    ),
    Entry(
        "UnchangedUse",
        "Unchanged in this update",
        "The use equals one that the stored object already has, so the update is not blocked by it. The background scan still judges it.",
        "Nothing to do now.",
    ),
    Entry(
        "Exempted",
        "Exempted",
        "An unexpired PolicyExemption excuses this code here.",
        "Remove the reason before it expires.",
    ),
    Entry(
        "WouldDeny",
        "Live workloads would be denied",
        "A policy is being switched to Enforce, and workloads that run now violate it. They go on running, but their next Pods are "
        "denied.",
        "List them with `modeladmit preview --policy FILE`; fix or exempt them first.",
    ),
    Entry(
        "NoEffect",
        "What was written has no effect",
        "A PolicyExemption that has ended already or names a policy that does not exist, or a TrustPolicy whose `namespaceSelector` "
        "selects no namespace of today. It is stored, and does nothing.",
        "Check the date and the spelling.",
    ),
    Entry(
        "MirrorPod",
        "A mirror of a static Pod",
        "The kubelet runs static Pods whatever the API server says; the mirror is admitted, counted and reported.",
        "Control who may write the node's manifest folder.",
    ),
    Entry(
        "PinWritten",
        "A pin was written into a new Pod",
        "A policy in mode Enforce says `writePins: Pods`: the mutable reference was resolved, and what it was at that moment is "
        "what the Pod names. The Pod is judged afterwards like any other.",
        "Nothing to do; pin the Deployment as well (`modeladmit pin`), so that every Pod of it is the same.",
    ),
    Entry(
        "PinsNotWritten",
        "The cluster does not write pins",
        "A policy says `writePins: Pods`, but the chart was installed without the mutating entry, so nothing is written.",
        "Ask the cluster operator to set `webhook.writePins.enabled=true` in the chart.",
    ),
    Entry(
        "Satisfied", "Everything asked is proven", "The use satisfies the policy.", "Nothing to do."
    ),
)

CATALOG: Final = MappingProxyType({entry.code: entry for entry in _ENTRIES})
EXEMPTIBLE: Final = frozenset(entry.code for entry in _ENTRIES if entry.exemptible)


def docs_link(base: str, code: str) -> str:
    """Where a code is explained."""
    return f"{base}#{code.lower()}"
