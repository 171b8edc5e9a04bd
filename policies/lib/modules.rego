# METADATA
# title: Kernel modules
# description: |
#   The facts `os.kmod` map every loaded module to true. The kernel takes `-` and `_` in names for the
#   same and always shows `_`; a file of a module is often named with `-`. A name is looked up as it is
#   asked for and in both of these ways.
package eidos.lib.modules

# METADATA
# description: Tells whether a module is loaded. A module with details instead of true is loaded too.
loaded(kmod, name) if {
	some shown in {name, replace(name, "-", "_"), replace(name, "_", "-")}
	value := kmod[shown]
	not value in {false, null}
}

# METADATA
# description: Gives the fact path of a module.
path(name) := sprintf("os.kmod.%v", [name])
