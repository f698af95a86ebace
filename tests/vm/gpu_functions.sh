# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# The cases of a graphics card with nothing plugged in (the card gpu: tests/vm/vkms_gpu-6.12.patch), as functions that
# tests/vm/case calls. tests/vm/cases.list says which case runs there.

kernel_parameters=/sys/module

# Sets $connector to the folder of the card's connector.
connector_is() { # NAME
	connector=/sys/class/drm/$(basename "$(node_of "$card")")-$1
}

# Writes the EDID of a monitor whose preferred mode is 1440x900, and that also takes 1024x768.
write_edid() { # FILE
	python3 - "$1" <<-'END'
		import sys
		edid = bytes.fromhex("00ffffffffffff00 6ad90100 00000000 0122 0104 a5 1e13 78 0a" + "ee95a3544c99260f5054" + "000800")
		edid += bytes.fromhex("01" * 16) # no standard timings
		edid += bytes.fromhex("ab22 a0a050841a303020 3600 2cbc10000018") # 88.75 MHz, 1440x900 of 1600x926
		edid += b"\0\0\0\xfc\0a monitor\n   " + bytes.fromhex("000000100000" + "00" * 12) * 2 + b"\0"
		assert len(edid) == 127
		open(sys.argv[1], "wb").write(edid + bytes([-sum(edid) % 256]))
	END
}

# From now on, the kernel takes this file for the EDID of a connector's monitor, however it is asked.
give_edid() { # CONNECTOR FILE
	printf %s "$(dirname "$2")" >$kernel_parameters/firmware_class/parameters/path
	printf %s "$1:$(basename "$2")" >$kernel_parameters/drm/parameters/edid_firmware
}
take_edid() {
	printf '\0' >$kernel_parameters/firmware_class/parameters/path
	printf '\0' >$kernel_parameters/drm/parameters/edid_firmware
}

# Waits until a connector is connected or disconnected, with one more hotplug event.
plugged_is() { # STATUS
	for _ in {1..100}; do
		events=$(grep -c '^HOTPLUG=1' "$dir/events") || true
		[[ $(<"$connector/status") != "$1" || $events -le $events_before ]] || break
		sleep 0.1
	done
	[[ $(<"$connector/status") == "$1" ]] || fail "${connector##*/} is $(<"$connector/status") instead of $1"
	[[ $events -gt $events_before ]] || fail "no hotplug event: $(<"$dir/events")"
	events_before=$events
}

# The card is what its patch says: nothing is plugged in. A connector that is forced has the modes of the EDID that it
# is given, and makes hotplug events. The console lights it in the EDID's preferred mode. A monitor that is plugged in
# is noticed. The server, which started before all this, shows what there is to see, and says so when it is gone.
case_plug() {
	local connector name events events_before=0
	for name in HDMI-A-1 DP-1; do
		connector_is $name
		[[ $(<"$connector/status") == disconnected ]] || fail "$name is $(<"$connector/status")"
		[[ ! $(<"$connector/modes") ]] || fail "$name has modes: $(<"$connector/modes")"
	done
	udevadm monitor --kernel --property --subsystem-match=drm >"$dir/events" &
	serve_card
	check --dark --seconds=60
	figure state | grep 'no monitor' || fail "the state does not say that nothing is connected: $(figure state)"

	connector_is HDMI-A-1
	write_edid "$dir/monitor.bin"
	give_edid HDMI-A-1 "$dir/monitor.bin"
	echo on >"$connector/status"
	plugged_is connected
	cmp "$connector/edid" "$dir/monitor.bin" || fail "the EDID is another"
	[[ $(head -n 1 "$connector/modes") == 1440x900 ]] || fail "another mode is preferred: $(<"$connector/modes")"
	grep -qx 1024x768 "$connector/modes" || fail "a mode of the EDID is missing: $(<"$connector/modes")"
	find_console
	wait_for_console "forced"
	[[ $(<"/sys/class/graphics/${fb#/dev/}/virtual_size") == 1440,900 ]] || fail "the console has another size"
	write_console "$card"
	check --unknown --updates=1 --size=1440x900 --seconds=60 # the server looks for what was lit only for a viewer
	console_is_served
	check --unknown --updates=1 --size=1440x900 --save="$dir/console.ppm"
	"$build/tests/vm/fb_match" "$fb" "$dir/console.ppm"
	echo detect >"$connector/status"
	plugged_is disconnected
	take_edid
	check --dark --seconds=60
	state_becomes 'the monitor was pulled out' '*no monitor*'

	connector_is DP-1
	echo 2 >$kernel_parameters/vkms_gpu/parameters/plugged
	plugged_is connected
	[[ $(head -n 1 "$connector/modes") == 640x480 ]] || fail "without an EDID, $(head -n 1 "$connector/modes") is preferred"
	echo 0 >$kernel_parameters/vkms_gpu/parameters/plugged
	plugged_is disconnected
}
