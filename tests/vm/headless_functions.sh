# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# The cases of `zerovnc headless`, as functions that tests/vm/case calls, in a guest whose first process is systemd.

headless_pid=''
background=51,102,153 # of all desktops here
alice=/home/alice

uptime_is() { cut -d ' ' -f 1 /proc/uptime; }
since() { awk -v from="$1" '{ printf "%.1f", $1 - from }' /proc/uptime; } # UPTIME
shown_terminal() { cat /sys/class/tty/tty0/active; }

# Makes the user whose sessions these are. Her desktops have one colour and no on-screen keyboard, and ~/listen keeps
# what is typed into a terminal.
make_user() {
	id alice >/dev/null 2>&1 || useradd --create-home --shell /bin/bash alice
	mkdir -p $alice/.config
	cat >$alice/.config/weston.ini <<-'END'
		[core]
		idle-time=0
		[shell]
		background-color=0xff336699
		panel-position=none
		locking=false
		animation=none
		startup-animation=none
		[input-method]
		path=
	END
	printf '#!/bin/sh\nstty -echo\nexec cat >>~/typed\n' >$alice/listen
	printf '#!/bin/sh\nexec foot -o colors.background=336699 --fullscreen ~/listen\n' >$alice/terminal
	printf 'default_border none\nexec ~/terminal\n' >$alice/sway
	chmod +x $alice/listen $alice/terminal
	chown -R alice: $alice
}

# Starts a session, and waits until it is served. The size is that of the display.
begin_headless() { # SIZE [-- COMMAND...]
	local size=$1
	shift
	rm -f $alice/typed
	begun=$(uptime_is)
	"$build/zerovnc" headless --size="$size" --user=alice --listen="$server" --security=none --layout=us --path=cpu \
		--control="$dir/control" "$@" >"$dir/server.log" 2>&1 &
	headless_pid=$!
	until status >/dev/null 2>&1; do
		kill -0 "$headless_pid" 2>/dev/null || headless_fails "it ended by itself"
		sleep 0.2
	done
	echo "headless: ${*:-the default} at $size: served $(since "$begun") s after the command"
}

# Starts a desktop, and waits until a viewer is shown it.
start_headless() { # SIZE [-- COMMAND...]
	begin_headless "$@"
	desktop_is "$1" || headless_fails "no picture of the desktop: $(<"$dir/seen")"
	echo "headless: a viewer is shown the desktop $(since "$begun") s after the command"
}

headless_fails() { # WHAT
	journalctl --identifier=zerovnc-desktop --no-pager | tail -n 30
	fail "$1"
}

# Waits until the picture is the desktop's, in this size.
desktop_is() { "$here/look" "${server##*:}" desktop "$1" "$background" "${2:-120}" >"$dir/seen" 2>&1; } # SIZE [SECONDS]

session_is() { # PROGRAM: a real session of alice's, which has the seat
	local session
	for _ in {1..100}; do # it is PAM's for a while
		! pgrep -u alice -x "$1" >/dev/null || break
		sleep 0.2
	done
	pgrep -u alice -x "$1" >/dev/null || headless_fails "alice runs no $1"
	session=$(loginctl show-seat seat0 --property=ActiveSession --value)
	loginctl show-session "$session" --property=Name --property=Seat --property=VTNr --property=Active | sort | tr '\n' ' ' >"$dir/session"
	[[ $(<"$dir/session") == "Active=yes Name=alice Seat=seat0 VTNr=7 " ]] || fail "the session is $(<"$dir/session")"
}

# What is typed arrives at the session's terminal.
types() { "$here/look" "${server##*:}" type "$1" $alice/typed || headless_fails "what was typed did not arrive"; } # TEXT

# A shell on a text console runs what is typed.
types_into_shell() { # FILE
	"$here/look" "${server##*:}" type "tty >>~/$1" "$alice/$1" /dev/tty7 ||
		headless_fails "the shell did not do what was typed"
}

# Opens a terminal in a session of weston's, which has none yet, for as long as it is typed into.
types_into_weston() { # TEXT
	local terminal
	runuser -u alice -- env XDG_RUNTIME_DIR="/run/user/$(id -u alice)" WAYLAND_DISPLAY=wayland-1 LC_ALL=C.UTF-8 \
		weston-terminal --shell=$alice/listen >"$dir/terminal.log" 2>&1 &
	terminal=$!
	types "$1"
	kill $terminal
	wait $terminal || true
}

# What a desktop may change, apart from what is logind's and PAM's.
headless_state() {
	monitor_state | grep -vE '^/run/(user|systemd|udev|dbus|log|lock|mount|utmp)|/run/user/| cgroup'
	shown_terminal
	systemctl list-units --all --no-legend --plain 'zerovnc*'
}
all_is_back() { # WHEN
	headless_state >"$dir/after"
	diff "$dir/before" "$dir/after" || fail "$1, it is not as it was before"
}

stop_headless() {
	kill -TERM "$headless_pid"
	wait "$headless_pid" || fail "it ended with status $?: $(tail -n 5 "$dir/server.log")"
	headless_pid=''
	all_is_back "after the end"
}

# The server goes with the command. The session stays, for `zerovnc unplug` or the next command.
kill_headless() {
	kill -KILL "$headless_pid"
	wait "$headless_pid" 2>/dev/null || true
	headless_pid=''
	for _ in {1..50}; do
		status >/dev/null 2>&1 || return 0
		sleep 0.2
	done
	fail "the server outlived the command"
}

# TigerVNC's viewer asks for sizes when it comes, and another viewer sees each of them.
resizes() { # SIZE...
	local size
	Xvfb :9 -screen 0 2600x1500x24 >/dev/null 2>&1 &
	for _ in {1..100}; do
		[[ ! -e /tmp/.X11-unix/X9 ]] || break
		sleep 0.1
	done
	for size in "$@"; do
		resizes_to "$size"
	done
	kill %%
	wait %% 2>/dev/null || true
}
resizes_to() { # SIZE
	local viewer
	DISPLAY=:9 xtigervncviewer -DesktopSize="$1" -AutoSelect=0 -PreferredEncoding=Raw "${server/:/::}" >"$dir/viewer.log" 2>&1 &
	viewer=$!
	desktop_is "$1" || headless_fails "no $1: $(cat "$dir/seen"; tail -n 3 "$dir/viewer.log")"
	kill -0 "$viewer" || fail "the viewer has left: $(cat "$dir/viewer.log")"
	kill "$viewer"
	wait "$viewer" 2>/dev/null || true
	echo "headless: TigerVNC got $1"
}

# The kernel forgets a wish for another terminal when the program that it asks gives back its right to be asked, as
# logind does when a session has ended. The wish comes true all the same.
shows_terminal_that_was_forgotten() {
	local asked
	python3 - >"$dir/asked" <<-'END' &
		import fcntl, signal, struct
		VT_SETMODE, VT_ACTIVATE, VT_WAITACTIVE, VT_AUTO, VT_PROCESS = 0x5602, 0x5606, 0x5607, 0, 1
		with open('/dev/tty8') as terminal:
		    fcntl.ioctl(terminal, VT_ACTIVATE, 8)
		    fcntl.ioctl(terminal, VT_WAITACTIVE, 8)
		    set_mode = lambda mode, sig: fcntl.ioctl(terminal, VT_SETMODE, struct.pack('bbhhh', mode, 0, sig, sig, 0))
		    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
		    set_mode(VT_PROCESS, signal.SIGUSR1)
		    print('ready', flush=True)
		    signal.sigwait([signal.SIGUSR1])
		    set_mode(VT_AUTO, 0)
		    print('asked', flush=True)
	END
	asked=$!
	until grep -q ready "$dir/asked"; do
		kill -0 "$asked" || fail "nobody holds terminal 8"
		sleep 0.1
	done
	echo '8 1' >/run/zerovnc-headless # what a session leaves
	zerovnc unplug || fail "terminal 1 is not shown again"
	wait "$asked" || fail "the program on terminal 8 ended with status $?"
	grep asked "$dir/asked" || fail "the program on terminal 8 was not asked"
	[[ $(shown_terminal) == tty1 ]] || fail "the terminal that is shown is $(shown_terminal)"
}

# From a machine on which nothing is plugged in to a desktop on a real seat, which is typed into and resized, and back:
# after the command was killed, and after it has ended.
case_headless() {
	make_user
	headless_state >"$dir/before"
	shows_terminal_that_was_forgotten
	all_is_back "after terminal 8"
	start_headless 1280x800 -- weston --use-pixman
	session_is weston
	types_into_weston 'typed into weston'
	resizes 1600x900
	desktop_is 1280x800 || headless_fails "the first size did not come back: $(<"$dir/seen")"
	kill_headless
	session_is weston
	zerovnc unplug
	all_is_back "after unplug"

	rm /usr/share/wayland-sessions/*.desktop /usr/share/xsessions/*.desktop
	begin_headless 1024x768
	grep 'the session: a text console' "$dir/server.log" || fail "the log does not say what session it is"
	session_is bash
	types_into_shell console
	! grep 'left to the desktop' "$dir/server.log" || fail "the size was not taken"
	stop_headless

	echo 2 >/sys/module/vkms_gpu/parameters/plugged # a monitor is there
	begin_headless 1024x768 -- sleep 1000
	grep 'size=1024x768 is left to the desktop: a monitor' "$dir/server.log" || fail "nobody says that the size is another"
	kill -TERM "$headless_pid"
	wait "$headless_pid" || fail "it ended with status $?"
	headless_pid=''
}

needs() { # PROGRAM...
	local program
	for program in "$@"; do
		command -v "$program" >/dev/null || skip "$program is missing"
	done
}

# One desktop after the other. The first is the one that is installed. The next ones come after the command was killed
# and started again, and after the session has ended by itself.
case_desktops() {
	needs weston sway cage Xwayland foot # cage insists on Xwayland
	make_user
	headless_state >"$dir/before"
	start_headless 1280x800 -- weston # on Mesa's software renderer
	session_is weston
	resizes 1600x900 1234x567 2560x1440
	desktop_is 1280x800 || headless_fails "the first size did not come back: $(<"$dir/seen")"
	stop_headless

	printf '[Desktop]\nSession=weston\n' >$alice/.dmrc
	start_headless 1280x720
	grep 'the session: weston, because alice chose it last' "$dir/server.log" || fail "the log says nothing of the choice"
	session_is weston
	types_into_weston 'typed into the default session'
	kill_headless
	start_headless 1024x768 -- env WLR_RENDERER=pixman sway --config $alice/sway
	grep 'a former zerovnc headless has left' "$dir/server.log" || fail "the log says nothing of the one that was killed"
	session_is sway
	types 'typed into sway'
	kill_headless
	zerovnc unplug
	all_is_back "after unplug"

	start_headless 1600x900 -- env WLR_RENDERER=pixman cage $alice/terminal
	session_is cage
	types 'typed into cage'
	pkill -u alice -x cage # the session ends by itself
	wait "$headless_pid" || fail "it ended with status $?"
	all_is_back "after the session's end"

	! zerovnc headless --user=nobody-at-all 2>"$dir/words" || fail "it served nobody"
	grep "no user 'nobody-at-all'" "$dir/words"
}

# On a machine without any card, vkms makes one; and where there is no vkms, it is said what would help. Run by hand:
#	tests/vm/boot -i -d '' -l -m 'uinput evdev' -t 400 tests/vm/case build none bare cpu
case_bare() {
	local modules
	make_user
	modules=/lib/modules/$(uname -r)
	mv "$modules" "$modules.away"
	! zerovnc headless --user=alice -- weston >"$dir/words" 2>&1 || fail "it served nothing"
	grep 'nothing here can stand in for one' "$dir/words" || fail "the reason is another: $(<"$dir/words")"
	mv "$modules.away" "$modules"

	start_headless 1024x768 -- weston
	session_is weston
	kill -TERM "$headless_pid"
	wait "$headless_pid" || fail "it ended with status $?: $(tail -n 5 "$dir/server.log")"
	[[ $(shown_terminal) == tty1 ]] || fail "the terminal that is shown is $(shown_terminal)"
}
