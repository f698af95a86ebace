# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# The cases of machines without a monitor, as functions that tests/vm/case calls. tests/vm/cases.list says which case
# runs on which card.

# Prints everything that making a monitor may change.
monitor_state() {
	local file
	for file in /sys/module/{drm/parameters/edid_firmware,firmware_class/parameters/path} /sys/class/drm/card*-*/{status,modes} \
		/sys/class/drm/card*-*/edid; do
		[[ ! -e $file ]] || echo "$file: $(sha256sum <"$file") $(tr -d '\0' <"$file" | head -c 100 | head -n 3 | tr -c '[:print:]\n' '?')"
	done
	find /run -path /run/out -prune -o -path /run/udev -prune -o -print | sort
	sort /proc/mounts
	cut -d ' ' -f 1 /proc/modules | sort
}

keep_state() { monitor_state >"$dir/before"; }

# All is as it was when keep_state was called.
state_is_back() { # WHEN
	monitor_state >"$dir/after"
	diff "$dir/before" "$dir/after" || fail "$1, it is not as it was before"
}

# A connector is forced on, and its mode has the size.
forced_is() { # CONNECTOR WxH
	connector_is "$1"
	[[ $(<"$connector/status") == connected ]] || fail "$1 is $(<"$connector/status"): $(tail -n 3 "$dir/server.log")"
	[[ $(head -n 1 "$connector/modes") == "$2" ]] || fail "$1 prefers $(head -n 1 "$connector/modes") to $2"
}

# The console is on the monitor and is served.
console_comes() { # WxH
	find_console
	wait_for_console "made"
	write_console "$card"
	check --unknown --updates=1 --size="$1" --seconds=60
	console_is_served
	check --unknown --updates=1 --size="$1" --save="$dir/console.ppm"
	"$build/tests/vm/fb_match" "$fb" "$dir/console.ppm"
}

zerovnc() { "$build/zerovnc" "$@"; }

# Nothing is plugged into a graphics card. The server forces a connector on, with an EDID first, so that the console has
# the monitor's size, and viewers see it. At the end all is as before, also if the server was killed and another one
# was started, or nobody but `zerovnc unplug` came after it. (The kernel's console keeps its first size, and hides larger
# modes: another case has made it 1440x900.)
case_force() {
	local connector debug
	keep_state
	serve_card --monitor=auto:1440x900
	forced_is HDMI-A-1 1440x900
	console_comes 1440x900
	stop_server
	state_is_back "after the server ended"

	# From now on as under Secure Boot, which refuses debugfs.
	mount -t securityfs none /sys/kernel/security 2>/dev/null || true
	echo integrity >/sys/kernel/security/lockdown
	debug=$(compgen -G '/sys/kernel/debug/dri/*/HDMI-A-1/force' | head -n 1)
	[[ -e $debug ]] || fail "there is no debugfs to be refused"
	! echo on 2>/dev/null >"$debug" || fail "the kernel is not locked down"
	printf %s DP-1:edid/theirs.bin >/sys/module/drm/parameters/edid_firmware
	printf %s /opt >/sys/module/firmware_class/parameters/path
	keep_state
	serve_card --monitor=DP-1:1280x720
	forced_is DP-1 1280x720
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	forced_is DP-1 1280x720
	serve_card --monitor=auto:1024x768
	grep 'had left a display behind' "$dir/server.log" || fail "the log says nothing of the one that was killed"
	forced_is HDMI-A-1 1024x768
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	server_pid=''
	zerovnc unplug | grep 'not forced on any more' || fail "nothing was unplugged"
	state_is_back "after unplug"
	zerovnc unplug | grep 'nothing is done' || fail "something was unplugged again"

	zerovnc plug --monitor=auto:1234x567 | grep '1234x567 that zerovnc has forced on'
	forced_is HDMI-A-1 1234x567
	serve_card --monitor=auto
	stop_server
	forced_is HDMI-A-1 1234x567 # it was not that server's
	zerovnc unplug
	state_is_back "after plug and unplug"
	zerovnc plug --monitor=DP-1:1024x768,HDMI-A-1:1280x720 | grep 'HDMI-A-1 of .* 1280x720 .* and DP-1 of .* 1024x768'
	forced_is HDMI-A-1 1280x720
	forced_is DP-1 1024x768
	zerovnc unplug
	state_is_back "with two connectors"

	# a monitor is there
	echo 2 >/sys/module/vkms_gpu/parameters/plugged
	connector_is DP-1
	[[ $(<"$connector/status") == connected ]] || fail "no monitor was plugged in"
	keep_state
	zerovnc plug | grep 'DP-1 of .* connected' || fail "a monitor was made beside another one"
	state_is_back "with a monitor"
	! zerovnc plug --monitor=HDMI-A-1 2>"$dir/words" || fail "a connector was forced on beside a monitor"
	grep 'there is a monitor: DP-1' "$dir/words" || fail "the reason is another: $(<"$dir/words")"
	state_is_back "with a monitor"
	echo 0 >/sys/module/vkms_gpu/parameters/plugged
}

# Starts a compositor on the card that follows its monitors, with udev, and with an input device, without which it does
# not start.
start_follower() { # [OPTION...]
	/lib/systemd/systemd-udevd --daemon
	udevadm trigger
	udevadm settle
	export XDG_RUNTIME_DIR=$dir/runtime
	mkdir -m 700 "$XDG_RUNTIME_DIR"
	printf '[core]\nidle-time=0\n[shell]\nlocking=false\npanel-position=none\nanimation=none\nstartup-animation=none\n' >"$dir/weston.ini"
	python3 "$here/input/cases.py" own_keyboard &
	follower_keyboard=$!
	until compgen -G '/sys/class/input/event*' >/dev/null; do sleep 0.1; done
	weston --backend=drm-backend.so --drm-device="$(basename "$(node_of "$card")")" --use-pixman --tty=1 --config="$dir/weston.ini" \
		--log="$dir/weston.log" "$@" >/dev/null 2>&1 &
	follower=$!
}

# Asks for screens, and has this answer, and a desktop of these screens.
asks() { # SIZE... : ANSWER SCREEN...
	local words="$*" answer asked wanted
	asked=${words%% : *} wanted=${words#* : }
	echo "$asked" >&"$to_sizer"
	read -r -t 100 answer <&"$from_sizer" || fail "no answer to $asked"
	echo "asked for $asked: $answer"
	[[ $answer == "$wanted" ]] || fail "$asked: '$answer' instead of '$wanted': $(tail -n 5 "$dir/server.log" "$dir/weston.log")"
}

# Waits until a viewer of TigerVNC has the size that it asked for.
tigervnc_has() { # SIZE
	for _ in {1..600}; do
		! grep "the screen has $1 now" "$dir/server.log" || return 0
		sleep 0.1
	done
	fail "TigerVNC did not get $1: $(tail -n 5 "$dir/viewer.log" "$dir/server.log")"
}

# TigerVNC's viewer asks for a size when it comes, and gets it; and another one when its window is resized.
tigervnc_gets() { # SIZE [SIZE]
	local viewer
	DISPLAY=:9 xtigervncviewer -DesktopSize="$1" -AutoSelect=0 -PreferredEncoding=Raw "${server/:/::}" >"$dir/viewer.log" 2>&1 &
	viewer=$!
	tigervnc_has "$1"
	if [[ ${2:-} ]]; then
		DISPLAY=:9 xdotool search --onlyvisible --name TigerVNC windowsize "${2%x*}" "${2#*x}"
		tigervnc_has "$2"
	fi
	kill "$viewer" || fail "the viewer has left: $(<"$dir/viewer.log")"
	wait "$viewer" 2>/dev/null || true
}

# Viewers get the sizes and the screens that they ask for, where a compositor follows the monitors. A second screen takes
# another connector, and goes again. The server runs in its sandbox, so the process that it leaves behind does it.
case_screens() {
	local connector follower follower_keyboard to_sizer from_sizer
	start_follower
	keep_state
	zerovnc plug --monitor=auto:1024x768
	serve_card --output=all
	check --unknown --updates=1 --size=1024x768 --seconds=60
	coproc sizer { "$here/screens.py" "${server##*:}"; }
	to_sizer=${sizer[1]} from_sizer=${sizer[0]}
	asks 800x600 : 1 0: 800x600+0+0
	forced_is HDMI-A-1 800x600
	asks 800x600 1234x567 : 1 0: 800x600+0+0 1234x567+800+0
	forced_is HDMI-A-1 800x600
	forced_is DP-1 1234x567
	asks 800x600 640x480 320x200 : 1 2: 800x600+0+0 1234x567+800+0
	asks 1440x900 : 1 0: 1440x900+0+0
	[[ $(<"$connector/status") == disconnected ]] || fail "DP-1 is $(<"$connector/status")"
	exec {to_sizer}>&-
	Xvfb :9 -screen 0 2600x1500x24 >/dev/null 2>&1 &
	until [[ -e /tmp/.X11-unix/X9 ]]; do sleep 0.1; done
	tigervnc_gets 1600x900 1100x700
	tigervnc_gets 1234x567
	tigervnc_gets 2560x1440
	stop_server
	! grep 'but what is on it keeps' "$dir/server.log" || fail "it waited for a picture that nobody asked for"
	zerovnc unplug
	kill "$follower_keyboard" "$follower"
	wait "$follower" || true
	state_is_back "after unplug"
}

# The console of a virtual card, whatever the card is called.
virtual_console_comes() {
	card=vkms
	node_of "$card" || fail "no card was made: $(<"$dir/server.log")"
	[[ $(<"/sys/class/drm/$(basename "$(node_of "$card")")-Virtual-1/status") == connected ]] || fail "nothing is connected"
	find_console
	console_comes "$(tr , x <"/sys/class/graphics/${fb#/dev/}/virtual_size")"
}

# There is no card at all. vkms makes one, and is gone again. The server has it make one, and serves the console that
# comes to it. This kernel does not let go of a card whose console was read: the server says so, and the next one takes
# the card over.
case_virtual() {
	! compgen -G '/sys/class/drm/card*' || fail "there is a card"
	modprobe drm_shmem_helper # what modprobe -r does not unload with vkms
	modprobe drm_kms_helper
	keep_state
	zerovnc plug | grep 'it is a virtual card that zerovnc has made'
	node_of vkms || fail "no card was made"
	zerovnc unplug | grep 'the module vkms is unloaded' || fail "nothing was unplugged"
	modprobe drm_shmem_helper
	state_is_back "after unplug"

	serve --path="$path" --monitor=auto
	virtual_console_comes
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	serve --path="$path" --monitor=auto
	virtual_console_comes
	stop_server
	if [[ -e /sys/module/vkms ]]; then
		grep 'cannot be undone: vkms: .*busy' "$dir/server.log" || fail "the log does not say that the card stays"
		serve --path="$path" --monitor=auto
		grep 'a virtual card that zerovnc has made' "$dir/server.log" || fail "the card was not taken over"
		stop_server
		return
	fi
	state_is_back "after the server ended"
}

# A kernel without vkms: nothing can be made, and it is said what would help.
case_nothing() {
	! compgen -G '/sys/class/drm/card*' || fail "there is a card"
	local modules
	modules=/lib/modules/$(uname -r)
	mv "$modules" "$modules.away"
	keep_state
	! zerovnc plug 2>"$dir/words" || fail "something was made: $(<"$dir/words")"
	grep 'nothing here can stand in for one' "$dir/words" || fail "the reason is another: $(<"$dir/words")"
	! zerovnc doctor --monitor=auto >"$dir/words" || fail "doctor says that it can serve"
	grep '^problem  monitor ' "$dir/words" || fail "doctor says: $(<"$dir/words")"
	state_is_back "without vkms"
	mv "$modules.away" "$modules"
	zerovnc doctor --monitor=auto >"$dir/words" || fail "doctor says that it cannot serve: $(<"$dir/words")"
	grep 'a virtual card would be made' "$dir/words"
}

holder_ends() { # WHEN
	for _ in {1..50}; do
		pgrep -x zerovnc-evdi || return 0
		sleep 0.1
	done
	fail "a monitor is still held: $1"
}

# A program of the desktop is seen: flowers have many colours.
flower_is_seen() { # SIZE
	local flower colours
	until [[ -e $XDG_RUNTIME_DIR/evdi ]]; do sleep 0.1; done
	WAYLAND_DISPLAY=evdi weston-flower >/dev/null 2>&1 &
	flower=$!
	for _ in {1..30}; do
		check --unknown --updates=1 --size="$1" --seconds=60 --save="$dir/desktop.ppm"
		colours=$(tail -c +20 "$dir/desktop.ppm" | od -An -v -tx1 -w3 | sort -u | wc -l)
		[[ $colours -le 30 ]] || break
		sleep 0.5
	done
	cp "$dir/desktop.ppm" "/run/out/desktop-$1.ppm" || true
	[[ $colours -gt 30 ]] || fail "no flower is seen, but $colours colours: $(tail -n 5 "$dir/weston.log")"
	kill "$flower" 2>/dev/null || true
	wait "$flower" || true
}

# There is no card and no vkms, but evdi as Debian 12 has it. A monitor is plugged into a card of evdi, programs show
# pictures there at their rate, viewers see them and resize the monitor, and it goes with whoever made it. This evdi
# crashes the kernel when cards are removed, so its card stays, and is taken again.
case_evdi() {
	local connector follower follower_keyboard to_sizer from_sizer
	! compgen -G '/sys/class/drm/card*' || fail "there is a card"
	sed -i '/vkms/d' "/lib/modules/$(uname -r)/modules.dep"
	modprobe -n evdi || skip "there is no evdi in this guest (tests/vm/kernel builds it from evdi-dkms)"
	zerovnc doctor --monitor=auto >"$dir/words" || fail "doctor says that it cannot serve: $(<"$dir/words")"
	grep 'a virtual card would be made (evdi)' "$dir/words"

	zerovnc plug --monitor=auto:1234x567 | grep 'DVI-I-1 of /dev/dri/card0 is a monitor of 1234x567 that zerovnc has plugged'
	card=evdi
	forced_is DVI-I-1 1234x567
	pgrep -x zerovnc-evdi || fail "nobody holds the monitor"
	serve_card --monitor=auto
	start_painter
	paint light 1234x567 XR24 flip
	check_beside --encoding=raw --until=$((frame + 8))
	paint paint 8 8
	viewer_ends
	stop_painter
	stop_server
	forced_is DVI-I-1 1234x567 # it was not that server's
	zerovnc unplug | grep 'nothing is plugged into card0-DVI-I-1 any more'
	connector_is DVI-I-1
	[[ $(<"$connector/status") == disconnected ]] || fail "it is still plugged in"
	holder_ends "after unplug"
	[[ ! -e /run/zerovnc-monitor ]] || fail "something is left on record: $(</run/zerovnc-monitor/record)"

	serve --path="$path" --monitor=auto:1024x768
	forced_is DVI-I-1 1024x768
	[[ ! -e /dev/dri/card1 ]] || fail "the card was not taken again"
	kill -KILL "$server_pid"
	wait "$server_pid" 2>/dev/null || true
	holder_ends "after the server was killed"
	serve --path="$path" --monitor=auto:1024x768 --output=all
	grep 'had left a display behind' "$dir/server.log" || fail "the log says nothing of the one that was killed"
	forced_is DVI-I-1 1024x768
	start_follower --shell=kiosk-shell.so --socket=evdi # another shell's helper may end with the output
	flower_is_seen 1024x768
	coproc sizer { "$here/screens.py" "${server##*:}"; }
	to_sizer=${sizer[1]} from_sizer=${sizer[0]}
	asks 1600x900 : 1 0: 1600x900+0+0
	forced_is DVI-I-1 1600x900
	asks 800x600 640x480 : 1 2: 1600x900+0+0
	asks 1234x567 : 1 0: 1234x567+0+0
	flower_is_seen 1234x567
	exec {to_sizer}>&-
	stop_server
	holder_ends "after the server ended"
	[[ $(<"$connector/status") == disconnected ]] || fail "it is still plugged in"
	kill "$follower_keyboard" "$follower"
	wait "$follower" || true
	! dmesg | grep -E 'BUG:|Oops|WARNING:|timed out|already requested|Scanout buffer not set' || fail "the kernel complains"
}
