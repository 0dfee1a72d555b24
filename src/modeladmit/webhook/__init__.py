"""The admission webhook: HTTPS in, AdmissionReview to Verdict, Verdict to AdmissionReview. It writes nothing to the cluster."""
