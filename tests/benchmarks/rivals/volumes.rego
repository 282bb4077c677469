# The rules in Rego. What is not given is not in the input; zones, fields and spellings are data.
package volumes

import rego.v1

answer := {"schema"} if malformed

else := broken if count(broken) > 0

else := volume

malformed if {
	some key, _ in input.beside
	key != "OS-SCH-HNT:scheduler_hints"
}

malformed if {
	some _, hints in input.beside
	not is_null(hints)
	not is_object(hints)
}

malformed if count(object.remove(input.volume, data.fields)) > 0

malformed if {
	value := input.volume.name
	not stripped(value)
}

malformed if {
	value := input.volume.description
	not stripped(value)
}

malformed if {
	value := input.volume.display_name
	not stripped(value)
}

malformed if {
	value := input.volume.display_description
	not stripped(value)
}

malformed if {
	value := input.volume.volume_type
	not short(value)
}

malformed if {
	value := input.volume.availability_zone
	not short(value)
}

malformed if {
	value := input.volume.group_id
	not short(value)
}

malformed if {
	value := input.volume.imageRef
	not short(value)
}

malformed if {
	value := input.volume.image_id
	not short(value)
}

malformed if input.volume.availability_zone == ""

malformed if {
	value := input.volume.size
	not sized(value)
}

malformed if {
	value := input.volume.multiattach
	not flag(value)
}

malformed if {
	value := input.volume.metadata
	not texts(value)
}

stripped(value) if {
	is_string(value)
	count(trim_space(value)) <= 255
}

short(value) if {
	is_string(value)
	count(value) <= 255
}

sized(value) if {
	is_number(value)
	value <= 2147483647
}

sized(value) if {
	is_string(value)
	regex.match(`^0*[0-9]{1,10}$`, value)
	number(value) <= 2147483647
}

# Rust's to_number reads no leading zeros.
number(text) := to_number(trim_left(text, "0")) if trim_left(text, "0") != ""

number(text) := 0 if trim_left(text, "0") == ""

flag(value) if is_boolean(value)

flag(value) if value in data.yes

flag(value) if value in data.no

texts(value) if {
	is_object(value)
	every text in value { is_string(text) }
}

# Who asks, and for a copy of what.

admin if "admin" in input.caller.roles

authorized if not input.caller.roles

authorized if admin

authorized if "member" in input.caller.roles

ids contains key if {
	some key in ["snapshot_id", "source_volid", "backup_id"]
	input.volume[key]
}

image if input.volume.image_id != ""

image if input.volume.imageRef != ""

named contains "image" if image

named contains key if some key in ids

looked if {
	authorized
	count(named) <= 1
}

source := input.source if {
	looked
	visible
}

visible if not input.source.project_id

visible if input.source.project_id == object.get(input.caller, "project_id", "default")

visible if input.source.shared

visible if admin

blind if not looked

blind if {
	count(ids) > 0
	not source
}

# What the volume would be. `size` is undefined where it is missing, or up to a source that nobody looked at.

open if not input.volume.size

open if input.volume.size == 0

asked := size if {
	size := input.volume.size
	is_number(size)
}

asked := number(input.volume.size) if is_string(input.volume.size)

size := source.size if open

else := asked if not up_to_the_source

up_to_the_source if {
	open
	blind
	count(named) > 0
}

fits if {
	size > 0
	not source.size > size
}

zone := input.volume.availability_zone if input.volume.availability_zone

else := source.zone if source.zone

else := "nova"

zoned if {
	data.zones[zone]
	not moved
}

moved if source.zone != zone

wanted if input.volume.volume_type != ""

inherited if not wanted

inherited if source.noun == "snapshot"

inherited if {
	source.noun == "backup"
	source.volume_id
}

kind := source.type if inherited

kind := input.kind if not inherited

undeclared if {
	inherited
	source.volume_type_id
	not source.type
}

typed if {
	not blind
	not undeclared
	not source.gone
	known
}

known if inherited

known if input.kind

shared if input.volume.multiattach == true

shared if input.volume.multiattach in data.yes

encryption := "copy" if {
	kind.encrypted
	source.encryption_key_id
}

else := "create" if kind.encrypted

volume := {
	"size": size,
	"availability_zone": zone,
	"volume_type_id": object.get(kind_or_none, "id", null),
	"multiattach": object.get(kind_or_none, "multiattach", false),
	"qos_specs": object.get(kind_or_none, "qos", null),
	"encryption": encryption_or_none,
	"host": object.get(source_or_none, "host", null),
}

default kind_or_none := {}

kind_or_none := kind

default source_or_none := {}

source_or_none := source

default encryption_or_none := null

encryption_or_none := encryption

# The rules.

broken contains "sources.exclusive" if count(named) > 1

broken contains "policy.not_authorized" if not authorized

broken contains data.not_found[key] if {
	looked
	not source
	some key in named
}

broken contains "volume_type.not_found" if {
	looked
	wanted
	not input.kind
}

broken contains data.unfit[source.noun] if {
	source.status
	not source.status in data.statuses[source.noun]
}

broken contains "size.missing" if {
	not size
	not up_to_the_source
}

broken contains "size.not_positive" if size <= 0

broken contains data.below[source.noun] if size < source.size

broken contains "image.too_large" if {
	fits
	source.bytes > size * 1073741824
}

broken contains "image.min_disk" if {
	fits
	source.min_disk > size
}

broken contains "image.virtual_size" if {
	fits
	source.virtual_size > size * 1073741824
}

broken contains "availability_zone.not_offered" if not data.zones[zone]

broken contains data.moved[source.noun] if moved

broken contains "volume_type.not_declared" if undeclared

broken contains "volume_type.backup_volume_gone" if source.gone

broken contains "volume_type.size_too_small" if {
	typed
	fits
	size < kind.least
}

broken contains "volume_type.size_too_large" if {
	typed
	fits
	size > kind.most
}

broken contains "volume_type.not_in_zone" if {
	typed
	zoned
	not zone in kind.zones
	kind.zones
}

broken contains "volume_type.no_multiattach" if {
	shared
	typed
	not kind.multiattach
}

broken contains "volume_type.multiattach_encrypted" if {
	typed
	kind.multiattach
	kind.encrypted
}

broken contains "metadata.blank_key" if input.volume.metadata[""]

broken contains "metadata.key_too_long" if {
	some key, _ in input.volume.metadata
	count(key) > 255
}

broken contains "metadata.value_too_long" if {
	some value in input.volume.metadata
	count(value) > 255
}
