# METADATA
# title: Kernel modules
# description: |
#   The facts `os.kmod` map every loaded module to true. The kernel takes `-` and `_` in names for the
#   same and always shows `_`.
package eidos.lib.modules

# METADATA
# description: Tells whether a module is loaded. A module with details instead of true is loaded too.
loaded(kmod, name) if {
	some shown, value in kmod
	_same(shown, name)
	not value in {false, null}
}

# METADATA
# description: Gives the fact path of a module.
path(name) := sprintf("os.kmod.%v", [name])

_same(shown, name) if replace(shown, "-", "_") == replace(name, "-", "_")
