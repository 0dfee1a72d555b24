{{/*
The certificate that the API server will meet, as JSON: caBundle (base64, empty where somebody else writes it), and for
selfSigned also what goes into the two Secrets. What the cluster already holds is used again until it is near its end.
Worked out once per rendering: the Secrets and the webhook configuration must agree.
*/}}
{{- define "modeladmit.certificates" -}}
{{- if not (hasKey .Values "computedCertificates") -}}
{{- $_ := set .Values "computedCertificates" (include "modeladmit.makeCertificates" .) -}}
{{- end -}}
{{- .Values.computedCertificates -}}
{{- end -}}

{{- define "modeladmit.makeCertificates" -}}
{{- $mode := .Values.certificates.mode -}}
{{- if .Values.webhook.external.url -}}
{{- dict "caBundle" (b64enc .Values.webhook.external.caBundle) | toJson -}}
{{- else if eq $mode "certManager" -}}
{{- dict "caBundle" "" | toJson -}}
{{- else if eq $mode "provided" -}}
{{- dict "caBundle" (b64enc .Values.certificates.provided.caBundle) | toJson -}}
{{- else -}}
{{- $service := printf "%s-webhook" (include "modeladmit.fullname" .) -}}
{{- $host := printf "%s.%s.svc" $service .Release.Namespace -}}
{{- $days := int .Values.certificates.selfSigned.days -}}
{{- $known := lookup "v1" "Secret" .Release.Namespace (printf "%s-webhook-ca" (include "modeladmit.fullname" .)) -}}
{{- $ca := dict -}}
{{- $newAuthority := false -}}
{{- if and $known $known.data (index $known.data "tls.crt") (index $known.data "tls.key") -}}
{{- $ca = buildCustomCert (index $known.data "tls.crt") (index $known.data "tls.key") -}}
{{- else -}}
{{- $ca = genCA (printf "%s-ca" $service) 3650 -}}
{{- $newAuthority = true -}}
{{- end -}}
{{- $stored := lookup "v1" "Secret" .Release.Namespace (include "modeladmit.tlsSecret" .) -}}
{{- $ends := 0 -}}
{{- if and $stored $stored.data $stored.metadata.annotations -}}
{{- $ends = int64 (default "0" (index $stored.metadata.annotations "modeladmit.io/not-after")) -}}
{{- end -}}
{{- $now := int64 (now | unixEpoch) -}}
{{- $margin := mul 86400 (int .Values.certificates.selfSigned.renewBeforeDays) -}}
{{- if and (not $newAuthority) (gt (sub $ends $margin) $now) -}}
{{- dict "caBundle" (index $known.data "tls.crt") "caKey" (index $known.data "tls.key") "certificate" (index $stored.data "tls.crt") "key" (index $stored.data "tls.key") "notAfter" (printf "%d" $ends) | toJson -}}
{{- else -}}
{{- $leaf := genSignedCert $host nil (list $host $service (printf "%s.%s" $service .Release.Namespace)) $days $ca -}}
{{- dict "caBundle" (b64enc $ca.Cert) "caKey" (b64enc $ca.Key) "certificate" (b64enc $leaf.Cert) "key" (b64enc $leaf.Key) "notAfter" (printf "%d" (add $now (mul 86400 $days))) | toJson -}}
{{- end -}}
{{- end -}}
{{- end -}}
