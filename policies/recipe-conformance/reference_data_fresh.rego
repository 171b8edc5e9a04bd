# METADATA
# title: The tables that recipes are judged by are fresh
# description: |
#   Supported releases and versions that are known to run together change every few weeks. A table that was
#   last compared with its source long ago may call good what is not.
# custom:
#   id: REC-008
#   severity: low
#   scope: recipe
#   reads: []
#   tables: [gpu_operator_matrix, known_good, kubernetes_releases]
#   params:
#     max_age_days:
#       type: integer
#       default: 60
#       minimum: 1
#       maximum: 365
#       description: Age in days from which a reference table is too old; lower it to be reminded earlier.
#   remediation: |
#     Update eidos, or compare the table with the sources that it names and set its as_of.
package eidos.recipe_conformance.reference_data_fresh

import data.eidos.lib.dates

compared := {
	"gpu_operator_matrix": data.tables.gpu_operator_matrix.as_of,
	"known_good": data.tables.known_good.as_of,
	"kubernetes_releases": data.tables.kubernetes_releases.as_of,
}

warn contains finding if {
	some table, day in compared
	age := 0 - dates.days_until(day)
	age > data.params.max_age_days
	finding := {
		"msg": sprintf("The table %v was last compared with its source %v days ago, on %v.", [table, age, day]),
		"actual": day,
		"expected": sprintf("at most %v days ago", [data.params.max_age_days]),
		"key": table,
	}
}
