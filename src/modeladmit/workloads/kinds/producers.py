"""Kinds of other projects that only produce Pods: their templates are found wherever they sit."""

from modeladmit.workloads.tables import Kind

_PLAIN = (
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet", "LeaderWorkerSet"),
    ("jobset.x-k8s.io", "JobSet", "JobSet"),
    ("workloads.x-k8s.io", "RoleBasedGroup", "RBG RoleBasedGroup"),
    ("workloads.x-k8s.io", "RoleBasedGroupSet", "RBG RoleBasedGroupSet"),
    ("workloads.x-k8s.io", "ClusterEngineRuntimeProfile", "RBG ClusterEngineRuntimeProfile"),
    ("serving.knative.dev", "Service", "Knative Service"),
    ("serving.knative.dev", "Configuration", "Knative Configuration"),
    ("serving.knative.dev", "Revision", "Knative Revision"),
    ("argoproj.io", "Rollout", "Argo Rollout"),
    ("argoproj.io", "Workflow", "Argo Workflow"),
    ("argoproj.io", "WorkflowTemplate", "Argo WorkflowTemplate"),
    ("argoproj.io", "CronWorkflow", "Argo CronWorkflow"),
    ("batch.volcano.sh", "Job", "Volcano Job"),
    ("kro.run", "ResourceGraphDefinition", "kro ResourceGraphDefinition"),
    ("apps.kruise.io", "CloneSet", "OpenKruise CloneSet"),
    ("apps.kruise.io", "StatefulSet", "OpenKruise StatefulSet"),
    ("apps.kruise.io", "DaemonSet", "OpenKruise DaemonSet"),
    ("tekton.dev", "Task", "Tekton Task"),
    ("tekton.dev", "TaskRun", "Tekton TaskRun"),
    ("node.k8s.io", "RuntimeClass", "RuntimeClass"),
)
_TRAINING = (
    ("kubeflow.org", "PyTorchJob", "Kubeflow PyTorchJob"),
    ("kubeflow.org", "TFJob", "Kubeflow TFJob"),
    ("kubeflow.org", "MPIJob", "Kubeflow MPIJob"),
    ("kubeflow.org", "XGBoostJob", "Kubeflow XGBoostJob"),
    ("kubeflow.org", "PaddleJob", "Kubeflow PaddleJob"),
    ("kubeflow.org", "JAXJob", "Kubeflow JAXJob"),
    ("trainer.kubeflow.org", "TrainJob", "Kubeflow TrainJob"),
    ("trainer.kubeflow.org", "TrainingRuntime", "Kubeflow TrainingRuntime"),
    ("trainer.kubeflow.org", "ClusterTrainingRuntime", "Kubeflow ClusterTrainingRuntime"),
)

KINDS = (
    *(Kind(group, kind, title, inference=False) for group, kind, title in _PLAIN),
    *(Kind(group, kind, title, inference=False, training=True) for group, kind, title in _TRAINING),
)
