{{/* The labels that select the pods of a program. Parameter: its name, such as connectors-proxy. */}}
{{- define "oci-connector.selector" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: oci-connector
{{- end }}

{{/* The labels of an object. Parameters: root, name. */}}
{{- define "oci-connector.labels" -}}
{{ include "oci-connector.selector" .name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_") }}
{{- end }}

{{/* The image of a program. Parameters: root, name, digest. */}}
{{- define "oci-connector.image" -}}
{{- $registry := required "set image.registry to the registry to which you have pushed the images, such as registry.example/team" .root.Values.image.registry -}}
{{- $image := printf "%s/%s" ($registry | trimSuffix "/") .name -}}
{{- if .digest -}}
{{ $image }}@{{ .digest }}
{{- else -}}
{{ $image }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* The namespace of the CSI driver. */}}
{{- define "oci-connector.csiNamespace" -}}
{{ .Values.csi.namespace | default .Release.Namespace }}
{{- end }}

{{/*
The environment of a program. Parameters: root, settings (those of the program), own (variables that the chart sets itself; empty ones are
left out), withoutCa (true if the program connects to no registry). A value of the user replaces none of them: the schema of the values refuses it.
*/}}
{{- define "oci-connector.env" -}}
{{- $values := .root.Values -}}
{{- $common := dict
  "OCI_CONNECTOR_NAMESPACE" .root.Release.Namespace
  "OCI_CONNECTOR_CLUSTER_DOMAIN" $values.clusterDomain
  "OCI_CONNECTOR_AUDIENCES" (join "," $values.audiences)
  "OCI_CONNECTOR_EXTERNAL_HTTP_URL" $values.externalURL.http
  "OCI_CONNECTOR_EXTERNAL_HTTPS_URL" $values.externalURL.https
  "OCI_CONNECTOR_EGRESS_ALLOW_CIDRS" (join "," $values.egress.allowCIDRs)
  "OCI_CONNECTOR_EGRESS_REDIRECT_CIDRS" (join "," $values.egress.redirectCIDRs)
  "OCI_CONNECTOR_CA_BUNDLE" (ternary "/etc/oci-connector/ca/ca.crt" "" (and (ne $values.caBundle.configMap "") (not .withoutCa))) -}}
{{- range $name, $value := merge (dict) .own .settings $values.settings $common }}
{{- /* Numbers of a file of values are floating point, which would print as 1e+06. */}}
{{- $text := ternary (printf "%.0f" $value) (toString $value) (kindIs "float64" $value) }}
{{- if ne $text "" }}
- name: {{ $name }}
  value: {{ $text | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* The volume mount of the CA bundle. */}}
{{- define "oci-connector.caMount" -}}
{{- if .Values.caBundle.configMap }}
- name: ca-bundle
  mountPath: /etc/oci-connector/ca
  readOnly: true
{{- end }}
{{- end }}

{{/* The volume of the CA bundle. */}}
{{- define "oci-connector.caVolume" -}}
{{- with .Values.caBundle }}
{{- if .configMap }}
- name: ca-bundle
  configMap:
    name: {{ .configMap }}
    items:
      - key: {{ .key }}
        path: ca.crt
{{- end }}
{{- end }}
{{- end }}

{{/* The probes of a program. */}}
{{- define "oci-connector.probes" -}}
# Only asks whether the process serves: a program that waits for others, such as the API server, must not be restarted.
startupProbe:
  httpGet: {path: /healthz, port: admin}
  periodSeconds: 1
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /readyz, port: admin}
  periodSeconds: 1
  timeoutSeconds: 5
livenessProbe:
  httpGet: {path: /healthz, port: admin}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}

{{/* The security context of a pod at the Pod Security level restricted. */}}
{{- define "oci-connector.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* The security context of a container at that level. */}}
{{- define "oci-connector.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Where pods run. Parameters: root, values (those of the program), defaultPriority (a PriorityClass, if the values name none). */}}
{{- define "oci-connector.scheduling" -}}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .values.priorityClassName | default .defaultPriority }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* How the replicas of a Deployment are spread. Parameters: name, values. */}}
{{- define "oci-connector.spread" -}}
topologySpreadConstraints:
{{- if .values.topologySpreadConstraints }}
  {{- toYaml .values.topologySpreadConstraints | nindent 2 }}
{{- else }}
{{- $selector := include "oci-connector.selector" .name }}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- $selector | nindent 8 }}
    # During a rolling update, only the pods of the same revision count.
    matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}
{{- end }}

{{/* A Job that runs the command `connectors` as a hook, with a ServiceAccount of its name. Parameters: root, name, hook (annotations), command. */}}
{{- define "oci-connector.commandJob" -}}
{{- $labels := include "oci-connector.labels" (dict "root" .root "name" .name) -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- $labels | nindent 4 }}
  annotations:
    {{- toYaml .hook | nindent 4 }}
spec:
  backoffLimit: 3
  activeDeadlineSeconds: 240
  template:
    metadata:
      labels:
        {{- $labels | nindent 8 }}
    spec:
      serviceAccountName: {{ .name }}
      restartPolicy: Never
      enableServiceLinks: false
      {{- include "oci-connector.scheduling" (dict "root" .root "values" .root.Values.controller) | nindent 6 }}
      securityContext:
        {{- include "oci-connector.podSecurity" . | nindent 8 }}
      containers:
        - name: connectors
          image: {{ include "oci-connector.image" (dict "root" .root "name" "connectors-controller" "digest" .root.Values.controller.imageDigest) }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          command:
            {{- toYaml (concat (list "node" "/app/connectors.js") .command) | nindent 12 }}
          env:
            - name: OCI_CONNECTOR_NAMESPACE
              value: {{ .root.Release.Namespace }}
          securityContext:
            {{- include "oci-connector.containerSecurity" . | nindent 12 }}
          resources:
            {{- toYaml .root.Values.controller.resources | nindent 12 }}
{{- end }}
