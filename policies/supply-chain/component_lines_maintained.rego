# METADATA
# title: Cluster components are of a release line that gets fixes
# description: |
#   cert-manager and Node Feature Discovery maintain their two newest lines, and ingress-nginx has ended as a
#   project. For a line in the table its end date counts; a line below the lowest listed one has ended;
#   params.unlisted_line decides about any other. ingress-nginx is only judged where the snapshot lists
#   containers with their repository.
# related_resources:
#   - ref: https://cert-manager.io/docs/releases/
#     description: Supported releases of cert-manager
#   - ref: https://endoflife.date/kubernetes-node-feature-discovery
#     description: Maintained lines of Node Feature Discovery
# custom:
#   id: SUP-015
#   severity: medium
#   scope: cluster
#   requires: [k8s.image]
#   tables: [component_eol]
#   params:
#     warn_days:
#       type: integer
#       default: 30
#       minimum: 0
#       maximum: 3650
#       description: Days before the end of a line's support from which the rule warns; raise it if an upgrade takes you longer to plan.
#     unlisted_line:
#       type: string
#       default: warn
#       values: [fail, warn, ignore]
#       description: "What happens with a line that the table does not list: fail, warn, or ignore (not judged); choose fail to allow only known lines."
#   controls:
#     - {framework: nist-800-53, id: SA-22}
#     - {framework: nist-800-53, id: SI-2}
#   remediation: |
#     Upgrade one line at a time. Node Feature Discovery comes with the GPU Operator: upgrade that. For cert-manager:
#     helm upgrade cert-manager oci://quay.io/jetstack/charts/cert-manager --version v1.21.1 -n cert-manager --set crds.enabled=true
package eidos.supply_chain.component_lines_maintained

import data.eidos.lib.dates
import data.eidos.lib.findings
import data.eidos.lib.images
import data.eidos.lib.versions

judged contains {"component": component, "image": image} if {
	some image in images.listed(input.k8s.image)
	repository := sprintf("/%v", [object.get(image, "repository", image.name)])
	some ending, component in components
	endswith(repository, ending)
}

components := {sprintf("/%v", [component.repository]): component | some component in data.tables.component_eol.components}

# What a site chose to ignore was not judged, so it did not pass.
applicable if {
	some subject in judged
	not ignored(subject)
}

ignored(subject) if {
	data.params.unlisted_line == "ignore"
	is_unlisted(subject)
}

is_unlisted(subject) if {
	line := versions.line(subject.image.tag)
	not day(subject.component, line)
	not line in subject.component.current
}

day(component, _) := component.retired

day(component, line) := component.lines[line]

# Fixes for a line below the lowest listed one ended no later than for that one.
day(component, line) := component.lines[lowest] if {
	not component.lines[line]
	lowest := versions.oldest(object.keys(component.lines))
	versions.older(line, lowest)
}

deny contains finding if {
	some subject in judged
	line := versions.line(subject.image.tag)
	ended := day(subject.component, line)
	dates.over(ended)
	finding := found(subject, sprintf("gets no fixes since %v%v", [ended, bound(subject.component, line)]))
}

bound(component, line) := "" if listed(component, line)

bound(component, line) := " at the latest" if not listed(component, line)

listed(component, _) if component.retired

listed(component, line) if component.lines[line]

warn contains finding if {
	some subject in judged
	line := versions.line(subject.image.tag)
	ends := day(subject.component, line)
	not dates.over(ends)
	dates.days_until(ends) <= data.params.warn_days
	finding := found(subject, sprintf("gets fixes only until %v", [ends]))
}

deny contains finding if {
	data.params.unlisted_line == "fail"
	some finding in unlisted
}

warn contains finding if {
	data.params.unlisted_line == "warn"
	some finding in unlisted
}

unlisted contains finding if {
	some subject in judged
	is_unlisted(subject)
	finding := found(subject, "is of a line of which it is not known whether it gets fixes")
}

deny contains findings.unreadable(images.path(subject.image), object.get(subject.image, "tag", null), "a version") if {
	some subject in judged
	not versioned(subject.image)
}

versioned(image) if versions.line(image.tag)

found(subject, reason) := {
	"msg": sprintf("%v %v %v, expected %v.", [subject.component.name, subject.image.tag, reason, subject.component.maintained]),
	"path": images.path(subject.image),
	"actual": subject.image.tag,
	"expected": subject.component.maintained,
}
