# METADATA
# title: GPUs of a node
# description: |
#   The facts `gpu.devices` list every GPU. What one does not support is absent, and one that does not
#   answer has an `error` in place of the rest.
package eidos.lib.gpus

# METADATA
# description: Gives the name of a GPU for a sentence, `GPU 3 (0000:3b:00.0)`.
name(device) := sprintf("GPU %v (%v)", [object.get(device, "index", "?"), bus]) if {
	bus := object.get(device, ["pcie", "bus-id"], null)
	bus != null
} else := sprintf("GPU %v", [object.get(device, "index", "?")])

# METADATA
# description: |
#   Tells whether a resource of a node is GPUs: whole ones, slices of MIG, or devices for virtual machines,
#   which are called after their model. Network cards have names of `nvidia.com/` too.
resource(name) if regex.match(`^nvidia\.com/(gpu|mig-|pgpu|[A-Z])`, name)

# METADATA
# description: |
#   Gives a finding about one GPU, with the path of what is wrong and the GPU's UUID for a key.
finding(place, device, about, said) := {
	"msg": sprintf("%v %v.", [name(device), said.msg]),
	"path": sprintf("gpu.devices.devices[%v].%v", [place, about]),
	"actual": said.actual,
	"expected": said.expected,
	"key": sprintf("%v %v", [object.get(device, "uuid", place), about]),
}
