# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
# The cases of what compositors do to a picture, as functions that tests/vm/input/case calls: several heads, turned
# panels, crashes and other terminals.

see() { "$build/tests/viewers/checker" --unknown --seconds=100 "$@" 127.0.0.1:5900 || fail "the viewer: $*"; }

# Serves something without a pointer of ours, and saves what a viewer is shown as /run/NAME.ppm.
save() { # NAME SERVE_OPTION...
	serve --no-input "${@:2}"
	see --updates=1 --save="/run/$1.ppm"
	stop "$server_pid"
}

is_placed() { # PICTURE PART@X,Y..., as tests/vm/placed
	(cd /run && "$here/../placed" "$@") || fail "$1 is not $(printf '%s ' "${@:2}")"
}

# Saves the screen as X itself has it as /run/NAME.ppm. It has no cursor; our viewer would be sent one in the picture.
save_root() { xwd -silent -root | xwdtopnm >"/run/$1.ppm" 2>/run/xwd.log; }

# Windows that lie on both heads.
open_logos() {
	xlogo -geometry 700x500+900+150 -fg '#ffe080' -bg '#802040' >/run/logo.log 2>&1 &
	xlogo -geometry 300x200+60+500 -fg '#40ff90' -bg '#101080' >/run/logo.log 2>&1 &
	for _ in {1..100}; do
		[[ $(xdotool search --onlyvisible --class xlogo | wc -l) != 2 ]] || break
		sleep 0.2
	done
	sleep 2
}

# X on two heads, as one desktop: the layout is that of X, every pixel is that of X's own screenshot and of each head
# served alone, and the pointer is where the viewer points, on both heads. All that also after X has moved the heads
# while a server was there.
case_heads() {
	local card one=Virtual-1 two=Virtual-2
	card=$(node_of virtio)
	start_x "$card"
	xrandr --addmode $two 1280x800
	xrandr --addmode $two 1024x768
	xrandr --output $one --mode 1280x800 --output $two --mode 1280x800 --right-of $one
	open_logos
	hide_cursor
	save_root root
	save all --card="$card" --output=all
	cp /run/all.ppm /run/out/x-heads.ppm 2>/dev/null || true
	cmp /run/root.ppm /run/all.ppm || fail "the desktop is not what X has"
	save one --card="$card" --output=$one
	save two --card="$card" --output=$two
	is_placed all.ppm one.ppm@0,0 two.ppm@1280,0
	show_cursor /run/mask.xbm
	serve --card="$card" --output=all
	view heads 0,0,1280,800 1280,0,1280,800
	xrandr --output $one --pos 1024x37 --output $two --mode 1024x768 --pos 0x0
	view heads 0,0,1024,768 1024,37,1280,800
	stop "$server_pid"
	hide_cursor
	save all --card="$card" --output=all
	save one --card="$card" --output=$one
	save two --card="$card" --output=$two
	is_placed all.ppm two.ppm@0,0 one.ppm@1024,37
	stop "$x_pid"
}

# X draws everything turned, for a panel that is mounted sideways, and --rotate turns it back: the picture is X's own
# screenshot, and the pointer is where the viewer points.
case_turned() {
	local card how width height
	card=$(node_of virtio)
	start_x "$card"
	for how in left:90:800:1280 inverted:180:1280:800 right:270:800:1280; do
		IFS=: read -r how degrees width height <<<"$how"
		xrandr --output Virtual-1 --mode 1280x800 --rotate "$how"
		[[ $how != left ]] || open_logos
		hide_cursor
		sleep 2
		save_root root
		save one --card="$card" --output=Virtual-1 --rotate="$degrees"
		cp /run/one.ppm "/run/out/x-$how.ppm" 2>/dev/null || true
		cmp /run/root.ppm /run/one.ppm || fail "turned $how, the picture is not what X has"
		show_cursor /run/mask.xbm
		serve --card="$card" --output=Virtual-1 --rotate="$degrees"
		view heads "0,0,$width,$height"
		stop "$server_pid"
	done
	stop "$x_pid"
}

# weston on two heads, by software, as one desktop: each part is that head served alone. (weston gives a pointer device
# to one output, so that the pointer reaches one head: see case_weston.)
case_westons() {
	local card weston_words=$'background-image=/usr/share/weston/wayland.png\n'
	card=$(node_of virtio)
	start_weston 2 --use-pixman
	sleep 3
	save one --card="$card" --output=Virtual-1
	save two --card="$card" --output=Virtual-2
	save all --card="$card" --output=all
	cp /run/all.ppm /run/out/weston-heads.ppm 2>/dev/null || true
	is_placed all.ppm one.ppm@0,0 two.ppm@1280,0
	stop "$weston_pid"
}

# weston draws everything turned, for a panel that is mounted sideways, and --rotate turns it back. weston turns places of
# a pointer device, too, as if the device were mounted on the panel. The matrix that the manual names turns them back.
case_sideways() {
	local card turns=(90:-cw:'0 1 0 -1 0 1' 180:-r180:'-1 0 1 0 -1 1' 270:-ccw:'0 -1 1 1 0 0') turn degrees flip matrix
	card=$(node_of virtio)
	for turn in "${turns[@]}"; do
		IFS=: read -r degrees flip matrix <<<"$turn"
		tell_udev "ENV{LIBINPUT_CALIBRATION_MATRIX}=\"$matrix\""
		weston_words=$'background-image=/usr/share/weston/wayland.png\n[output]\nname=Virtual-1\ntransform=rotate-'$degrees$'\n' \
			start_weston 1 --use-pixman
		sleep 3
		save panel --card="$card" --output=Virtual-1
		save upright --card="$card" --output=Virtual-1 --rotate="$degrees"
		cp /run/upright.ppm "/run/out/weston-$degrees.ppm" 2>/dev/null || true
		pamflip "$flip" /run/panel.ppm | cmp - /run/upright.ppm || fail "--rotate=$degrees does something else"
		serve --card="$card" --output=Virtual-1 --rotate="$degrees"
		view sideways
		stop "$server_pid" "$weston_pid"
	done
}

# Waits until the viewer that stays ($stays) shows what a command finds in order.
viewer_shows() { # WHAT COMMAND...
	for _ in {1..150}; do
		kill -0 "$stays" 2>/dev/null || fail "the viewer is gone"
		if "${@:2}" >/run/said 2>&1; then
			echo "the viewer shows $1"
			return
		fi
		sleep 0.3
	done
	fail "the viewer does not show $1: $(<"/run/said")"
}

shows_weston() { cmp /run/weston.ppm /run/picture.ppm; }
shows_console() { "$build/tests/vm/fb_match" /dev/fb0 /run/picture.ppm; }

shows_something_else() { ! shows_weston; }

# Kills weston and starts it again on another terminal, because the first one stays as weston left it. Then switches to a
# third terminal and back. The server and the viewer stay.
crash() { # HEADS WESTON'S_TERMINAL THE_NEXT_ONE'S OUTPUTS
	local stays third=$(($3 + 1)) console=shows_console
	[[ $1 == 1 ]] || console=shows_something_else # fb_match knows one head
	printf '\033[2J\033[Hthe terminal of weston\n' >"/dev/tty$2" # which is there again when weston is gone
	start_weston "$1" --use-pixman --tty="$2"
	sleep 3
	serve --card="$(node_of virtio)" --no-input --output="$4"
	see --updates=1 --save=/run/weston.ppm
	"$build/tests/viewers/checker" --unknown --seconds=250 --updates=1000000 --save-each=/run/picture.ppm 127.0.0.1:5900 &
	stays=$!
	viewer_shows weston shows_weston
	kill -KILL "$weston_pid"
	wait "$weston_pid" || true
	viewer_shows "the console that the kernel draws after the crash" $console
	start_weston "$1" --use-pixman --tty="$3"
	viewer_shows "the next weston" shows_weston
	printf '\033[2J\033[Hanother terminal\n' >/dev/tty$third
	busybox chvt $third
	viewer_shows "the other terminal" $console
	busybox chvt "$3"
	viewer_shows "weston again" shows_weston
	stop "$stays"
	stop "$server_pid" "$weston_pid"
}

# A compositor is killed, another starts, and the machine switches to a text terminal and back: a viewer stays, and is
# shown what is on the screen each time. So it is with one head and with a desktop of two.
case_crash() {
	local weston_words=$'background-image=/usr/share/weston/wayland.png\n'
	crash 1 1 2 Virtual-1
	crash 2 4 5 all
}
