# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# The cases, as functions that tests/vm/case calls. tests/vm/cases.list says which case runs on which card. Those of
# several outputs are in desktop_functions.sh.

# A client flips, and a viewer watches: no update mixes two frames. What encoders do does not depend on the card, so only
# one card tests all of them.
case_flip() {
	start_painter
	paint light 1024x768 XR24 flip
	serve_card
	local how ways='raw:desktop raw:subtle raw:busy tight:busy'
	[[ $card != vkms ]] || ways+=' hextile:subtle zrle:desktop tight:subtle'
	for how in $ways; do
		paint kind "${how#*:}"
		check_beside --encoding="${how%:*}" --until=$((frame + 8))
		paint paint 8 8
		viewer_ends
	done
}

# The GPU path, by a software renderer: no update mixes two frames. The server reads again until no flip happened
# meanwhile, but at most three times: it does not wait for a painter that flips faster than a frame can be read.
# llvmpipe in an emulated machine takes up to a second for 1024x768, so the mode is small.
case_render() {
	start_painter
	paint light 320x200@60 XR24 flip
	serve_card
	local kind format
	for kind in desktop subtle busy; do
		paint kind $kind
		check_beside --until=$((frame + 8))
		paint paint 8 4
		viewer_ends
	done
	# All of a large picture is exact if it stands still.
	paint light 1024x768 XR24 flip
	check --until="$frame"
	status | tr -d ' \n' | grep -oE '"convert_ms":\{[^}]*\}'
	status | tr ',' '\n' | grep -E '"(path|import|renderer|path_reason)"'
	[[ $(figure path) == gpu && $(figure import) == dmabuf-egl ]] || fail "this was not the GPU path"
	# Mesa cannot import BX24. If the card shows it, the CPU converts it, and the GPU continues afterwards.
	for format in BX24 RG16 XR24; do
		ask light 320x200@60 $format front 16 8 100 50 || continue
		check_beside --mixed --until=$((frame + 2))
		paint paint 2 1
		viewer_ends
		echo "$format: $(figure path) $(figure import)"
	done
	[[ $(figure path) == gpu && $(figure import) == dmabuf-egl ]] || fail "the GPU path did not go on"
}

# Every context is lost after a few frames. Another takes over, no update mixes two frames, updates continue, and the
# path stays the same.
case_lost() {
	start_painter
	paint light 320x200@60 XR24 flip
	server_program=$build/tests/vm/losing_zerovnc serve_card
	check_beside --until=$((frame + 25)) # at least this many looks, however slow the guest is
	paint paint 25 1
	viewer_ends
	echo "$(figure frames) frames, $(figure path) $(figure import): $(figure path_reason)"
	[[ $(figure frames) -gt 24 ]] || fail "no context can have been lost"
	[[ $(figure path) == gpu && $(figure import) == dmabuf-egl ]] || fail "the GPU path did not go on"
}

# A card cannot export its buffers: the GPU path says so, and the CPU serves.
case_fallback() {
	start_painter
	paint light 1024x768 XR24 flip
	serve_card
	check_beside --until=$((frame + 4))
	paint paint 4 2
	viewer_ends
	status | tr ',' '\n' | grep -E '"(path|import|renderer|path_reason)"'
	[[ $(figure path) == cpu && $(figure import) == dumb-map ]] || fail "this was not the fallback"
}

# Four viewers connect at once, one for each encoding.
case_crowd() {
	start_painter
	paint light 1024x768 XR24 flip
	serve_card
	local encoding viewers=()
	for encoding in raw hextile zrle tight; do
		check_beside --encoding="$encoding" --until=$((frame + 30))
		viewers+=("$viewer_pid")
	done
	paint paint 30 6
	local viewer
	for viewer in "${viewers[@]}"; do
		viewer_ends "$viewer"
	done
}

# A client flips at a rate that any machine keeps up with: every frame is seen. (In tests/bench/serving it flips five
# times a second.)
case_every() {
	start_painter
	paint light 1024x768 XR24 flip
	serve_card
	check_beside --every --until=$((frame + 12)) --seconds=120
	for _ in {1..12}; do
		paint paint 1 10
		sleep 3 # longer than a busy machine keeps a guest from running
	done
	viewer_ends
}

# A client draws in place: in the end, a viewer has what the client drew last.
case_front() {
	start_painter
	paint light 1024x768 XR24 front
	serve_card
	local kind
	for kind in desktop subtle busy; do
		paint kind "$kind"
		check_beside --mixed --until=$((frame + 20))
		paint paint 20 10
		viewer_ends
	done
}

# The formats that both the server and the card know.
case_formats() {
	start_painter
	paint light 1024x768 XR24 flip
	serve_card
	local format taken=0
	for format in XR24 AR24 XB24 AB24 BX24 RG16 XR30 AR30 XB30 AB30; do
		ask light 1024x768 $format flip || continue
		taken=$((taken + 1))
		check_beside --until=$((frame + 4))
		paint paint 4 8
		viewer_ends
	done
	echo "$taken formats"
}

# The mode changes while a viewer is connected: the picture follows, and is whole.
case_modes() {
	start_painter
	local size sizes=()
	for size in 800x600 1280x800 640x480 1024x768; do
		ask light $size XR24 flip && sizes+=($size)
	done
	[[ ${#sizes[@]} -gt 1 ]] || skip "this card has one mode"
	serve_card
	for size in "${sizes[@]}"; do
		check_beside --unknown --until=$((frame + 6)) --size=$size
		paint light $size XR24 flip
		paint paint 6 8
		viewer_ends
	done
}

# A framebuffer is larger than the mode, and a part of it is shown.
case_offset() {
	start_painter
	paint light 1024x768 XR24 flip 16 8 100 50
	serve_card
	check_beside --until=$((frame + 10))
	paint paint 10 8
	viewer_ends
	paint light 1024x768 XR24 front 64 24 0 8
	check_beside --mixed --until=$((frame + 10))
	paint paint 10 8
	viewer_ends
}

# The output goes dark in both ways and comes back. The viewer stays connected, sees a notice of the same size, and
# recovers.
case_dark() {
	start_painter
	paint light 1024x768 XR24 flip
	serve_card
	check_beside --unknown --until=$((frame + 12)) --size=1024x768
	local stays=$viewer_pid how
	for how in dpms crtc; do
		paint paint 2 8
		paint dark $how
		check --dark --seconds=60 --size=1024x768 --save="/run/out/dark-$card-$how.ppm"
		paint bright
		check --unknown --until="$frame" --seconds=60
	done
	paint paint 8 8
	viewer_ends "$stays"
}

# Asks until the state matches. A server that is kept from the processor for long answers with an older state.
state_becomes() { # WHEN PATTERN...
	local state pattern
	for _ in {1..10}; do
		state=$(figure state)
		for pattern in "${@:2}"; do
			# shellcheck disable=SC2053
			[[ $state != $pattern ]] || return 0
		done
	done
	fail "after $1: $state"
}

# The status is true although no viewer is connected, and reads no picture for that.
case_unwatched() {
	start_painter
	paint light 1024x768 XR24 flip
	serve_card
	check --unknown --until="$frame"
	local how looked
	looked=$(figure frames)
	for how in dpms crtc; do
		paint dark $how
		state_becomes "dark $how" '*asleep*' '*switched off*'
		"$build/zerovnc" status --prometheus --control="$dir/control" | grep -x 'zerovnc_display_lit 0' || fail "--prometheus: lit"
		paint bright
		state_becomes bright ''
	done
	if ask light 800x600 XR24 flip; then
		[[ $(figure width) == 800 ]] || fail "the width is $(figure width)"
	fi
	"$build/zerovnc" status --prometheus --control="$dir/control" | grep -x 'zerovnc_display_lit 1' || fail "--prometheus: dark"
	[[ $(figure frames) == "$looked" ]] || fail "pictures were read for the status: $(figure frames) instead of $looked"
	! grep '0x0' "$dir/server.log" || fail "the log tells of no size"
}

# The plane turns or mirrors what a client drew the other way round: a viewer sees it upright, from the start and when
# it changes, and every pixel is exact. (Turned by 90 degrees: see case_planes. No driver here scales its planes.)
case_turned() {
	local how rate=8
	[[ $path != gpu ]] || rate=2 # software GL may still be reading a frame when the next one comes
	start_painter
	paint light 320x200@60 XR24 flip
	ask turn rotate-180 || skip "this card turns no planes: $reply"
	serve_card
	check --unknown --until="$frame"
	check_beside --unknown --until=$((frame + 25))
	for how in rotate-0 reflect-x reflect-y rotate-180; do
		paint turn $how
		check --unknown --until="$frame"
		paint paint 4 $rate
	done
	[[ ! $(figure shortfall)$(figure state) ]] || fail "the status says $(figure shortfall) $(figure state)"
	paint paint 5 $rate
	viewer_ends
	[[ $(figure path) == "$path" ]] || fail "this was another path: $(figure path_reason)"
}

# Waits until the viewer that stays shows what it must show.
viewer_follows() {
	for _ in {1..300}; do
		if tell compare "$dir/picture.ppm"; then
			echo "viewer: $reply"
			return
		fi
		sleep 0.1
	done
	fail "the viewer does not show what the planes show: $reply"
}

# Random states of several planes: formats, places, rotation, and whatever else the driver has. First, the display
# engine writes back what it makes of them, which proves the reference compositor. Then a viewer stays connected and
# shows each of them, and follows when a plane flips, moves, goes and comes. Nothing is reported as missing. On the GPU
# path, the planes have formats that Mesa's software renderer can import. It is slow, and the broker only hands on what
# the planes are: both are shown fewer states.
case_planes() {
	local seed step last=15 options=()
	[[ $path != gpu ]] || options=(--formats=XR24,AR24,RG16)
	[[ $path == cpu && ! $split ]] || last=6
	[[ $path != gpu ]] || last=4
	start_owner planes "${options[@]}"
	paint seed 1
	ask off || skip "this card has no overlay planes"
	for ((seed = 1; seed <= last; seed++)); do
		paint seed "$seed"
		paint capture
		for step in flip move off on; do
			paint $step
			paint capture
		done
	done
	paint seed 1
	serve_card
	"$build/tests/viewers/checker" --mixed --updates=1000000 --seconds=280 --save-each="$dir/picture.ppm" "$server" &
	viewer_pid=$!
	for ((seed = 1; seed <= last; seed++)); do
		paint seed "$seed"
		viewer_follows
		for step in flip move off on; do
			paint $step
			viewer_follows
		done
	done
	[[ ! $(figure shortfall)$(figure state) ]] || fail "the status says $(figure shortfall) $(figure state)"
	! grep 'not all of the screen is served' "$dir/server.log" || fail "something was missing in the meantime"
	status | grep -E '"(path|import|path_reason)"'
	[[ $(figure path) == "$path" ]] || fail "this was another path"
	kill "$viewer_pid"
	wait "$viewer_pid" || true
}

# Waits until the status says that this is missing ("": nothing is). A viewer is connected in the meantime.
shortfall_is() {
	for _ in {1..40}; do
		check --mixed --updates=1 >/dev/null
		if [[ $1 ]]; then [[ $(figure shortfall) != *"$1"* ]] || return 0; else [[ $(figure shortfall) ]] || return 0; fi
		sleep 0.3
	done
	fail "the status says '$(figure shortfall)' instead of '$1'"
}

# The picture, the status, the log and doctor say that a window is missing.
window_is_missing() {
	local said='not all of the screen is served'
	check_beside --mixed --until=$((frame + 6))
	check --dark --seconds=60 --save="/run/out/banner-$card-$path.ppm"
	[[ ! $(figure state) ]] || fail "this is another picture: $(figure state)"
	shortfall_is 'is missing'
	"$build/zerovnc" status --control="$dir/control" | grep 'missing .* plane' || fail "the status does not tell people"
	grep "$said" "$dir/server.log" || fail "the log does not say what is missing"
	"$build/zerovnc" doctor --card="$(node_of "$card")" --path="$path" --no-input | tee "$dir/doctor" | grep "$said" ||
		fail "doctor does not say what is missing: $(<"$dir/doctor")"
	paint paint 6 8
	viewer_ends
}

# The server reports what the hardware shows and viewers do not see. A window on an overlay plane whose format nobody
# can read is also reported in the picture for a while, which is exact again afterwards. (vkms of Linux 6.12 has no such
# format; that of 7.2, in the native guest, has R8.) Changed colours are not reported in the picture. If there is only
# an overlay plane, it is the picture.
case_shortfall() {
	start_painter
	paint light 320x200@60 XR24 flip
	serve_card
	check --until="$frame"
	ask window 0 0 0 0 XR24 || skip "this card has no overlay planes: $reply"
	if ask window 60 90 160 80 R8__; then
		window_is_missing
		paint window 0 0 0 0 XR24
		shortfall_is ''
		check --until="$frame"
	fi
	if ask colors warm; then
		shortfall_is correction
		check --until="$frame"
		paint colors plain
		shortfall_is ''
	fi
	paint plane overlay
	check_beside --unknown --until=$((frame + 6))
	paint paint 6 8
	viewer_ends
	check --until="$frame"
	[[ ! $(figure shortfall)$(figure state) ]] || fail "the status says $(figure shortfall) $(figure state)"
	paint plane primary
	check --unknown --until="$frame"
}

# What the CRTC does to colours after its planes. An inversion is seen by default, exactly; a night light is not, and the
# status says so; with --apply-lut=yes, it is seen, too.
case_colours() {
	start_painter
	paint light 320x200@60 XR24 flip
	serve_card
	check --until="$frame"
	ask colors inverted || skip "this card has no tables of colours: $reply"
	check --until="$frame"
	check_beside --mixed --until=$((frame + 6))
	paint paint 6 8
	viewer_ends
	check --until="$frame"
	shortfall_is ''
	paint colors warm
	shortfall_is correction
	check --until="$frame" --save="$dir/before.ppm"
	stop_server
	serve_card --apply-lut=yes
	check --mixed --updates=1 --save="$dir/warm.ppm"
	shortfall_is ''
	python3 - "$dir/before.ppm" "$dir/warm.ppm" <<-'END' || fail "the night light was not applied"
		import sys
		before, warm = (open(name, "rb").read()[-3 * 320 * 200:] for name in sys.argv[1:])
		half = lambda level: (level * 257 // 2 * 255 * 2 + 65535) // (2 * 65535)
		wrong = [i for i in range(len(before)) if warm[i] != (half(before[i]) if i % 3 == 2 else before[i])]
		print(f"{len(before) // 3} pixels, {len(wrong)} channels wrong, {len(set(before[2::3]))} levels of blue")
		sys.exit(bool(wrong) or before == warm)
	END
	paint colors plain
	check --until="$frame"
}

# Looks keep the requested rate even if the rate of the display is no multiple of it: 21 looks for each 25 vertical
# blanks. (The blanks are slow, so that an emulated machine keeps up with them.) A card without vertical blanks is
# served by the timer, and the status says so.
case_beat() {
	local looks blanks
	start_painter
	paint light 320x200@25 XR24 flip
	serve_card --fps=21
	check_beside --mixed --until=$((frame + 200))
	sleep 1.5 # so that there are few looks before the first flip, because they are counted, too
	looks=$(figure frames)
	paint paint 200 0
	looks=$(($(figure frames) - looks)) blanks=$(sed -n 's/.*, \([0-9]*\) vertical blanks/\1/p' <<<"$reply")
	viewer_ends
	echo "$looks looks in ${blanks:-no} vertical blanks; the beat: $(figure beat)"
	if [[ ! $blanks ]]; then
		[[ $(figure beat) == "a timer: the driver has no"* ]] || fail "the status says another beat"
		return
	fi
	[[ $(figure beat) != "a timer"* ]] || fail "the vertical blanks are not taken"
	[[ $((looks * 100)) -gt $((blanks * 65)) && $((looks * 100)) -lt $((blanks * 95)) ]] || fail "that is not 21 of 25"
}

lookups() { if [[ $counts ]]; then echo $(($(calls_of connector) + $(calls_of crtc))); else echo 0; fi; }

# A client that makes blocking commits holds the card's locks until its flip is done, and most requests to the card
# wait for that. The server therefore makes few requests. A flip does not change the connector and the CRTC, so it
# asks for these far less often than at every look. The last picture is exact. How many pictures were seen, compared
# with a client that does not block, is only a figure: on an emulated machine that has other work to do, it can be
# anything. (The kernel of the native guest counts no calls; this case runs there only for the figure.)
case_blocking() {
	local style looks asked before counts=yes
	start_painter
	paint light 640x480 XR24 flip
	serve_card
	count_calls connector=drm_mode_getconnector crtc=drm_mode_getcrtc || counts=''
	for style in flip block; do
		paint light 640x480 XR24 $style
		check_beside --mixed --until=$((frame + 240))
		before=$(figure frames_changed) looks=$(figure frames) asked=$(lookups)
		paint paint 240 60
		viewer_ends
		looks=$(($(figure frames) - looks)) asked=$(($(lookups) - asked))
		echo "figure: $style: 240 flips${reply#ok frame *,}, $(($(figure frames_changed) - before)) seen in $looks looks" \
			"${counts:+which asked for the connector or the CRTC $asked times}"
		status | tr -d ' \n' | grep -oE '"(capture|convert)_ms":\{[^}]*\}' | sed 's/^/figure: of that, /'
		[[ ! $counts || ($asked -gt 0 && $((2 * asked)) -lt $looks) ]] || fail "the connector and the CRTC are asked for too often"
	done
}

# The compositor ends (the console, or nothing, comes to the front) and another starts.
case_restart() {
	start_painter
	paint light 1024x768 XR24 flip
	serve_card
	check_beside --unknown --until=$((frame + 200)) --size=1024x768
	local stays=$viewer_pid
	paint paint 3 8
	stop_painter
	check --dark --seconds=60
	start_painter --frame=$((frame + 190)) --seed=99
	paint light 1024x768 XR24 flip
	paint paint 10 8
	viewer_ends "$stays"
}

# The machine sleeps until its clock wakes it, three seconds from now. A busy machine may not have fallen asleep by then,
# which then fails.
sleep_and_wake() {
	local before
	before=$(</sys/power/suspend_stats/success)
	for _ in {1..5}; do
		rtcwake -m freeze -s 3 >"$dir/rtcwake" 2>&1 || true
		[[ $(</sys/power/suspend_stats/success) == "$before" ]] || return 0
	done
	fail "the machine did not sleep: $(<"$dir/rtcwake")"
}

# The machine suspends under a viewer, which stays and is shown every picture afterwards: while nothing changes, in the
# middle of flips, and when a client that draws in place does so at once. (For this, bochs switches its display off and
# on.)
case_suspend() {
	[[ -e /sys/module/suspending ]] || skip "this guest cannot suspend"
	start_painter
	paint light 640x480 XR24 flip
	serve_card
	check_beside --mixed --until=$((frame + 43)) --seconds=250
	local stays=$viewer_pid
	[[ $card != bochs ]] || count_calls suspended=drm_mode_config_helper_suspend || skip "this kernel counts no calls"
	sleep_and_wake
	check --until="$frame"
	paint paint 1 1
	check --until="$frame"
	sleep_and_wake &
	local sleeping=$!
	paint paint 30 6
	wait $sleeping || fail "it did not sleep in the middle of flips"
	check --until="$frame"
	paint light 640x480 XR24 front
	sleep_and_wake
	paint paint 1 0
	check --mixed --until="$frame"
	sleep_and_wake &
	sleeping=$!
	paint paint 10 3
	wait $sleeping || fail "it did not sleep while a client drew"
	viewer_ends "$stays"
	sleep_and_wake # while nobody looks
	check --until="$frame"
	[[ ! $(figure state) ]] || fail "after all, the state is $(figure state)"
	[[ $card != bochs || $(calls_of suspended) -ge 5 ]] || fail "the display was suspended $(calls_of suspended) times instead of 5"
	[[ $(figure path) == "$path" ]] || fail "this was another path: $(figure path_reason)"
}

# Viewers connect and disconnect at any moment. One stays and notices nothing.
case_churn() {
	start_painter
	paint light 1024x768 XR24 flip
	serve_card
	check_beside --encoding=tight --until=$((frame + 100))
	local stays=$viewer_pid fds
	fds=$(fd_count)
	check --churn=12 --seed=1 &
	local first=$!
	check --churn=12 --seed=2 &
	local second=$!
	paint paint 100 8
	wait $first $second
	viewer_ends "$stays"
	fds_return_to $((fds + 2))
}

# count_calls NAME=FUNCTION...: has the kernel count the calls of its functions from now on. calls_of NAME prints how
# many there were. Fails if the kernel cannot count calls.
trace=/sys/kernel/tracing
count_calls() {
	[[ -e $trace ]] || return 1 # this kernel counts none
	[[ -e $trace/kprobe_events ]] || mount -t tracefs tracefs $trace
	[[ ! -e $trace/events/calls ]] || echo 0 >$trace/events/calls/enable # those of the previous case
	local entry
	echo >$trace/kprobe_events
	for entry; do
		echo "p:calls/${entry%%=*} ${entry#*=}" >>$trace/kprobe_events
	done
	echo 1 >$trace/events/calls/enable
}
calls_of() { awk -v name="$1" '$1 == name { calls = $2 } END { print calls + 0 }' $trace/kprobe_profile; }

watch_handles() { count_calls made=drm_gem_handle_create_tail closed=drm_gem_handle_delete || skip "this kernel counts no calls"; }
handles_made() { calls_of made; }
handles_open() { echo $(($(calls_of made) - $(calls_of closed))); }

# A capture under way holds a few descriptors and handles. The lowest of several readings is what stays.
least() {
	local least now
	for _ in {1..10}; do
		now=$("$1")
		[[ $now -ge ${least:-$now} ]] || least=$now
		: "${least:=$now}"
		sleep 0.05
	done
	echo "$least"
}

# Thousands of frames are captured: the numbers of descriptors and GEM handles stay the same.
case_long() {
	start_painter
	paint light 1024x768 XR24 flip
	paint kind still
	serve_card --fps=240
	check_beside --mixed --until=$((frame + 8000)) --seconds=250
	local fds before captured
	paint paint 100 60
	watch_handles
	fds=$(least fd_count) before=$(least handles_open) captured=$(figure frames)
	while [[ $(($(figure frames) - captured)) -lt 1000 ]]; do
		paint paint 250 120
	done
	sleep 1
	local fds_after after
	fds_after=$(least fd_count) after=$(least handles_open)
	echo "descriptors $fds, then $fds_after; GEM handles $before, then $after, of $(handles_made) made; $(figure frames) frames"
	[[ $(handles_made) -gt 1000 ]] || fail "the kernel counted no handles"
	[[ $fds_after -le $fds ]] || fail "descriptors leak"
	[[ $after -le $((before + 2)) ]] || fail "GEM handles leak"
	kill "$viewer_pid"
	wait "$viewer_pid" 2>/dev/null || true
}

# Prints the resident memory of the server and the anonymous part of it, in KiB.
holdings() {
	awk '/^RssAnon/ { anonymous = $2 } /^VmRSS/ { resident = $2 } END { print resident, anonymous }' "/proc/$server_pid/status"
}

# COUNT (220) frames are imported from a client that flips, and that frees its buffers now and then and makes new
# ones. The numbers of descriptors and GEM handles and the memory stay the same. The mode is small, because software
# draws it. 10000 frames take twenty minutes: tests/vm/boot -t 2400 tests/vm/case build vkms flat gpu 10000
case_flat() {
	local total=${count:-220} done=0 warm mark fds handles memory first='' line
	start_painter
	paint light 320x200@60 XR24 flip
	watch_handles
	serve_card --fps=240
	check_beside --mixed --unknown --until=1000000 --seconds=3000
	warm=$((total / 10 > 150 ? total / 10 : 150)) # by then every slot for an import has been used
	for mark in $warm $((total / 2)) "$total"; do
		[[ $mark -gt $done ]] || continue
		while [[ $done -lt $mark ]]; do
			paint paint 30 60
			paint light 320x200@60 XR24 flip
			done=$(figure frames)
		done
		sleep 0.5
		fds=$(least fd_count) handles=$(least handles_open) memory=$(holdings)
		line="$fds $handles ${memory#* }"
		echo "frame $done: descriptors $fds; GEM handles $handles, of $(handles_made) made; resident and of that anonymous KiB: $memory"
		first=${first:-$line}
	done
	[[ $(figure path) == gpu && $(figure import) == dmabuf-egl ]] || fail "this was not the GPU path"
	[[ $(handles_made) -gt $((total / 2)) ]] || fail "the kernel counted no handles"
	# shellcheck disable=SC2086
	set -- $first $line
	[[ $4 -le $1 ]] || fail "descriptors leak"
	[[ $5 -le $(($2 + 2)) ]] || fail "GEM handles leak"
	[[ $6 -le $(($3 + 2048)) ]] || fail "memory leaks"
	kill "$viewer_pid"
	wait "$viewer_pid" 2>/dev/null || true
}

# Sets $fb to the framebuffer device of the card's text console, or skips the case if it has none.
find_console() {
	for fb in /sys/class/graphics/fb*; do
		[[ -e $fb/device/drm/$(basename "$(node_of "$card")") ]] && break
		fb=
	done
	[[ $fb ]] || skip "no console on this card"
	fb=/dev/${fb##*/}
}

# If the terminals are on another card's console, this one shows only what is put there.
write_console() {
	printf '\033[?25l\033[2J\033[Hzerovnc: the console, %s\n' "$*" >/dev/tty1
	[[ $fb == /dev/fb0 ]] || head -c 100000 /dev/urandom >"$fb"
}

# The text console is drawn in place and owned by nobody: the viewer has what /dev/fb has.
case_console() {
	find_console
	serve_card
	write_console "$card"
	sleep 1
	check --unknown --updates=1 --save="$dir/console.ppm"
	"$build/tests/vm/fb_match" "$fb" "$dir/console.ppm"
	cp "$dir/console.ppm" "/run/out/console-$card.ppm"
}

# Prints who draws on the card by the kernel's account: the process that allocated each framebuffer that a plane
# shows.
drawn_by() { grep -o 'allocated by = .*' "/sys/kernel/debug/dri/$(basename "$(node_of "$card")" | tr -dc 0-9)/state" || true; }

# A framebuffer device is served without DRM, and its changes are followed. Nothing but the text console draws there.
case_fbdev() {
	find_console
	serve --source=fbdev --card="$fb" --path="$path"
	local word
	for word in first second; do
		write_console "$card, its framebuffer device, $word"
		sleep 1
		check --unknown --updates=1 --save="$dir/console.ppm"
		"$build/tests/vm/fb_match" "$fb" "$dir/console.ppm"
	done
	[[ ! $(figure state) ]] || fail "it is served as a notice: $(figure state)"
	"$build/zerovnc" doctor --source=fbdev --card="$fb" --no-input | grep "$fb" || fail "doctor does not see $fb"
}

wait_for_console() { # WHEN
	for _ in {1..100}; do
		[[ $(drawn_by) != *'[fbcon]'* ]] || return 0
		sleep 0.2
	done
	fail "the kernel did not draw its console again ($1); the state is: $(figure state)"
}

console_is_served() {
	for _ in {1..60}; do # a software renderer has to compile its shaders again
		[[ $(figure state) ]] || break
		sleep 0.5
	done
	[[ ! $(figure state) ]] || fail "the console is served as a notice: $(figure state)"
	sleep 1
}

# If the program that drew is killed, the console must come back for somebody at the machine, although the server
# serves this card: both with a viewer and without one. Viewers then see the console, too.
case_lastclose() {
	find_console
	serve_card
	local stays
	write_console "$card, before"
	start_painter
	paint light 1024x768 XR24 flip
	check_beside --unknown --until=$((frame + 1000)) --seconds=600 # stays until it is told to go
	stays=$viewer_pid
	paint paint 4 8
	kill_painter
	wait_for_console "with a viewer"
	write_console "$card, after"
	console_is_served
	check --unknown --updates=1 --save="$dir/console.ppm"
	"$build/tests/vm/fb_match" "$fb" "$dir/console.ppm"
	kill "$stays"
	wait "$stays" 2>/dev/null || true
	start_painter
	paint light 1024x768 XR24 flip
	check --unknown --until="$frame" --seconds=60
	sleep 12
	! ls -l "/proc/$server_pid/fd" | grep /dev/dri || fail "the card is open though nobody looks"
	kill_painter
	wait_for_console "without a viewer"
	write_console "$card, unwatched"
	check --unknown --updates=1 # opens the card; if that takes long, it is shown the picture before
	console_is_served
	check --unknown --updates=1 --save="$dir/console.ppm"
	"$build/tests/vm/fb_match" "$fb" "$dir/console.ppm"
}

# Nobody may read the screen without CAP_SYS_ADMIN. The server says so in one line, with exit status 1.
case_permission() {
	start_painter
	paint light 1024x768 XR24 flip
	local status=0
	setpriv --reuid=65534 --regid=65534 --clear-groups "$build/zerovnc" serve --card="$(node_of "$card")" \
		--listen="$server" --security=none --control="$dir/control" >"$dir/server.log" 2>&1 || status=$?
	cat "$dir/server.log"
	[[ $status == 1 ]] || fail "status $status instead of 1"
}

# The card is removed under the server and put back, perhaps with another number. Viewers are told in the meantime,
# and the server continues.
case_unplug() {
	local device driver link=/dev/dri/the-card # like those that udev makes in /dev/dri/by-path
	device=$(readlink -f "/sys/class/drm/$(basename "$(node_of "$card")")/device")
	driver=$(readlink -f "$device/driver")
	ln -sfn "$(node_of "$card")" "$link"
	start_painter
	paint light 1024x768 XR24 flip
	serve --card="$link" --path="$path"
	check_beside --until=$((frame + 4))
	paint paint 4 8
	viewer_ends
	stop_painter
	echo "${device##*/}" >"$driver/unbind"
	figure state | grep -E 'removed|no card' || fail "the state does not say that the card is gone: $(figure state)"
	check --dark --seconds=60
	echo "${device##*/}" >"$driver/bind"
	ln -sfn "$(node_of "$card")" "$link"
	start_painter --frame=$((frame + 10))
	paint light 1024x768 XR24 flip
	check --unknown --until="$frame" --seconds=60
	echo "serves $(figure output)"
}

# The server starts before the card exists. It says what is missing, and serves the card once it appears, before any
# viewer connects. (The card is hidden in the meantime, together with the guest's other cards.)
case_late() {
	local node
	node=$(node_of "$card")
	start_painter
	paint light 1024x768 XR24 flip
	mkdir "$dir/alone"
	cp -a "$node" "$dir/alone/"
	mount -t tmpfs none /dev/dri
	serve --source=auto --path="$path"
	check --dark --seconds=60
	figure state | grep 'the kernel has card' || fail "the state does not say what is missing: $(figure state)"
	"$build/zerovnc" doctor --json --no-input >/dev/null && fail "doctor says that it can serve"
	cp -a "$dir/alone/${node##*/}" /dev/dri/
	echo change >"/sys/class/drm/${node##*/}/uevent"
	for _ in {1..100}; do
		[[ $(figure output) != "${node##*/}"* ]] || break
		sleep 0.1
	done
	[[ $(figure output) == "${node##*/}"* ]] || fail "the card that came was not seen: $(figure state)"
	check --until="$frame" --seconds=60
	umount -l /dev/dri
}

# The commands that look but do not serve: what they say is true, and they change nothing.
case_doctor() {
	local node report
	node=$(node_of "$card")
	start_painter
	paint light 1024x768 XR24 flip
	report=$("$build/zerovnc" doctor --card="$node" --path="$path" --json)
	for expected in '"can_serve": true' '"width": 1024' '"height": 768' "\"path\": \"$path\"" '"source": "kms"' \
		'"format": "XRGB8888 (XR24)"' '"state": "lit"'; do
		grep -qF "$expected" <<<"$report" || fail "doctor does not say $expected: $report"
	done
	"$build/zerovnc" outputs | tee "$dir/outputs"
	grep -q "$node  driver $(driver_of "$card");" "$dir/outputs" || fail "outputs does not list $node"
	grep -q 'lit, 1024x768' "$dir/outputs" || fail "outputs does not tell the mode"
	paint dark dpms
	"$build/zerovnc" doctor --card="$node" >"$dir/doctor" || fail "doctor says that it cannot serve a dark output"
	grep 'asleep: press a key' "$dir/doctor" || fail "doctor does not say that the output is asleep: $(<"$dir/doctor")"
	"$build/zerovnc" outputs | grep asleep || fail "doctor or outputs woke the display"
	paint bright
	if setpriv --reuid=65534 --regid=65534 --clear-groups "$build/zerovnc" doctor --card="$node" >"$dir/doctor"; then
		fail "doctor says that nobody can serve"
	fi
	grep 'CAP_SYS_ADMIN' "$dir/doctor" || fail "doctor does not name the capability: $(<"$dir/doctor")"
}

# Both paths are measured on what is being scanned out. For a user who may not read it, they are measured on a
# framebuffer that GBM makes.
case_bench() {
	local node look=$here/../server/command/benchmark.py frames=$build/tests/encode/gl/test_gl_stand_in
	node=$(node_of "$card")
	[[ -x $frames ]] || skip "built without the GPU path"
	"$frames" "$node"
	start_painter
	paint light 320x200@60 XR24 flip
	"$build/zerovnc" bench --card="$node" --path="$path" --seconds=1 --json >"$dir/report"
	python3 "$look" "$dir/report" scanout cpu=dmabuf-mmap gpu=dmabuf-egl
	chmod a+rw "$node"
	setpriv --reuid=65534 --regid=65534 --clear-groups "$build/zerovnc" bench --card="$node" --path="$path" --seconds=1 \
		--pattern-size=320x200 --json >"$dir/report"
	python3 "$look" "$dir/report" own cpu=dmabuf-mmap gpu=dmabuf-egl
	paint dark dpms
	"$build/zerovnc" bench --card="$node" --path=cpu --seconds=1 --pattern-size=320x200 | tee "$dir/report"
	grep 'the screen is not read: .*asleep' "$dir/report" || fail "the table does not say that the output is asleep"
	"$build/zerovnc" outputs | grep asleep || fail "bench woke the display"
}

# Every display is dark when the server starts, and no option names one: the first that is lit is served, on whichever
# card.
case_follow() {
	local node entry blanks=() own=''
	for node in /dev/dri/card?; do # held open by a process that is not master; otherwise the kernel lights its console again
		"$build/tests/capture/kms_probe" --card="$node" --frames=1000 --rate=1 >/dev/null &
		sleep 0.5
	done
	for entry in /sys/class/graphics/fb[0-9]*; do
		blanks+=("$entry/blank")
		[[ -e $entry/device/drm/$(basename "$(node_of "$card")") ]] && own=$entry/blank
	done
	[[ $own && ${#blanks[@]} -gt 1 ]] || skip "there are not two consoles"
	for entry in "${blanks[@]}"; do
		echo 4 >"$entry"
	done
	serve --path="$path"
	check --dark --seconds=60
	figure state | grep 'asleep' || fail "the state does not say that all is asleep: $(figure state)"
	check --unknown --updates=1000 --seconds=60 & # the server looks at a display only for a viewer
	viewer_pid=$!
	echo 0 >"$own"
	for _ in {1..20}; do
		[[ $(figure output) == *"($(driver_of "$card"))" && ! $(figure state) ]] && break
		sleep 0.5
	done
	echo "serves $(figure output)"
	[[ $(figure output) == *"($(driver_of "$card"))" ]] || fail "the lit display is not served"
	check --unknown --updates=1 --seconds=60
	kill "$viewer_pid"
	wait "$viewer_pid" || true
}

# --- figures, not tests: tests/bench/serving runs this case

# Of the server, and of its broker and the keyholder, if it has them.
processes() { echo "$server_pid" && { [[ ! $split ]] || pgrep -x 'zerovnc-broker|zerovnc-key'; }; }
cpu_ticks() { for pid in $(processes); do cat "/proc/$pid/stat"; done | awk '{ sum += $14 + $15 } END { print sum }'; }
switches() {
	for pid in $(processes); do cat "/proc/$pid"/task/*/status; done | awk '/ctxt_switches/ { sum += $2 } END { print sum }'
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a / b }'; }

# Prints what the server spends over ten seconds: CPU-seconds per second, and wake-ups per second.
spend() {
	local ticks before=$EPOCHREALTIME after switched
	ticks=$(cpu_ticks) switched=$(switches)
	sleep 10
	after=$EPOCHREALTIME
	local hertz=$(($(getconf CLK_TCK)))
	local seconds
	seconds=$(ratio "$((${after/./} - ${before/./}))" 1000000)
	echo "$(ratio $(($(cpu_ticks) - ticks)) "$(ratio "$seconds" "$(ratio 1 $hertz)")") CPU-seconds per second," \
		"$(ratio $(($(switches) - switched)) "$seconds") switches per second"
}

case_figures() {
	start_painter
	paint light 1024x768 XR24 flip
	"$build/zerovnc" bench --card="$(node_of "$card")" --path=gpu --seconds=30 2>/dev/null | sed 's/^/figure: /'
	serve_card
	sleep 2
	echo "figure: no viewer: $(spend) (to reach: no wake-ups but the loop's own)"
	check_beside --until=$((frame + 50))
	sleep 3
	echo "figure: one viewer, still screen: $(spend) (to reach: 0.05, aim 0.03; kmsvnc on such a bench: 0.25)"
	status | tr -d ' \n' | grep -oE '"(capture|convert)_ms":\{[^}]*\}' | sed 's/^/figure: of that, /'
	paint paint 50 5
	viewer_ends
	echo "figure: above, a client flipping 5 times a second (to reach: every frame seen, median 60 ms; kmsvnc: half of them, 80 ms)"
	local rate
	for rate in 20 60; do
		check_beside --mixed --until=$((frame + 50 + 10 * rate))
		paint paint 50 10
		ticks=$(cpu_ticks)
		paint paint $((10 * rate)) $rate
		echo "figure: asked to flip $rate times a second${reply#ok frame *,}:" \
			"$(ratio "$(($(cpu_ticks) - ticks))" 1000) CPU-seconds per second"
		viewer_ends
	done
}

# Prints what one viewer costs, first of a painter that flips twice a second, which even an emulated machine can follow,
# and then of a still screen, for 20 seconds each.
spend_on() { # NAME
	local ticks moving
	serve_card
	check_beside --mixed --until=$((frame + 46)) --seconds=200
	paint paint 6 2
	ticks=$(cpu_ticks)
	paint paint 40 2
	moving=$(ratio $(($(cpu_ticks) - ticks)) $((20 * $(getconf CLK_TCK))))
	viewer_ends
	check_beside --until=$((frame + 1)) --seconds=200
	sleep 3
	ticks=$(cpu_ticks)
	sleep 20
	echo "figure: $1: $moving CPU-seconds per second while it moves," \
		"$(ratio $(($(cpu_ticks) - ticks)) $((20 * $(getconf CLK_TCK)))) on a still screen"
	paint paint 1 5
	viewer_ends
	stop_server
}

# A server that has the screen by the broker, and one that reads it itself, by turns.
case_split() {
	[[ $split ]] || skip "this is about the broker: tests/vm/case BUILD CARD split broker [ROUNDS]"
	local unprivileged=$server_program round
	# shellcheck disable=SC2317 # harness.sh calls it
	status() { ${split:+as_nobody} "$build/zerovnc" status --json --control="$dir/control"; }
	start_painter
	paint light 1024x768 XR24 flip
	for ((round = 0; round < ${count:-3}; round++)); do
		split='' server_program='' # which puts its control socket only into a folder of its own
		chown 0 "$dir"
		spend_on "by itself"
		split=yes server_program=$unprivileged
		chown 65534 "$dir"
		spend_on "by the broker"
	done
}

# Imports the scanout in every way there is and compares all pixels with what the CPU reads, while a client flips or
# draws in place. If extensions that this needs are missing, the probe says which. What does not depend on the card is
# tried on one card only.
case_import() {
	local probe=$build/tests/encode/gl/import_probe node how probe_pid
	node=$(node_of "$card")
	[[ -x $probe ]] || skip "built without the GPU path"
	start_painter
	for how in flip front; do
		paint light 640x480 XR24 $how
		for options in '' --fragment --version=20 --hide=GL_EXT_buffer_storage --hide=GL_OES_EGL_image \
			--hide=GL_OES_EGL_image,GL_EXT_EGL_image_storage; do
			[[ $how == front && $options == --hide* ]] && continue
			[[ $card != vkms && $options ]] && continue
			echo "$how $options"
			# shellcheck disable=SC2086
			"$probe" "$node" --frames=4 $options &
			probe_pid=$!
			paint paint 4 1
			wait $probe_pid
		done
	done
	"$probe" "$node" --hide=EGL_EXT_image_dma_buf_import --expect=EGL_EXT_image_dma_buf_import
	"$probe" "$node" --hide=EGL_KHR_platform_gbm,EGL_MESA_platform_gbm --expect="not on the card's own node"
}

# Framebuffers of every format, in the card's memory, through every kind of context. YUV is read by its planes, and by
# the driver's own sampling if it is right (Debian 12's Mesa samples YUV wrongly in software). A software renderer
# compiles each shader again for each format, which takes a second or two. So not every format is tried everywhere.
case_buffers() {
	local probe=$build/tests/encode/gl/format_probe node yuv=NV12,P010,YUYV external
	local rgb=RGB565,XRGB2101010,ARGB2101010,XBGR2101010,ABGR2101010,XBGR16161616F,ABGR16161616F
	node=$(node_of "$card")
	[[ -x $probe ]] || skip "built without the GPU path"
	rgb=XRGB8888,ARGB8888,XBGR8888,ABGR8888,$rgb,C8,$yuv
	"$probe" "$node" --only=$rgb,RGB888,XRGB1555,ABGR16161616 --must=$rgb | tee "$dir/probe"
	"$probe" "$node" --version=30 --only=NV12 --must=NV12
	"$probe" "$node" --version=20 --only=NV12,YUYV,RGB565,C8 --must=NV12,YUYV,RGB565,C8
	external=--hide=GL_OES_EGL_image,GL_EXT_EGL_image_storage
	"$probe" "$node" $external --only=XRGB2101010 --must=XRGB2101010
	grep -q 'LLVM 15' "$dir/probe" || "$probe" "$node" $external --only=YUYV --must=YUYV --even
}

# The writer of what is scanned out is late, or does not finish: nothing is read before it has finished, and the path
# is the same afterwards.
case_fence() {
	local probe=$build/tests/encode/gl/fence_probe node options before said=''
	node=$(node_of "$card")
	[[ -x $probe ]] || skip "built without the GPU path"
	for options in '' --hide=EGL_ANDROID_native_fence_sync --version=20; do
		[[ ! $options || $options == --version* ]] || grep -q 'native fences' "$dir/probe" || continue
		# shellcheck disable=SC2086
		"$probe" "$node" $options | tee "$dir/probe"
	done
	start_painter
	paint light 320x200@60 XR24 front
	serve_card
	check_beside --mixed --unknown --until=$((frame + 8))
	before=$(figure fences_waited)
	"$probe" "$node" --hold=700
	paint paint 4 2
	"$probe" "$node" --hold=4000 &
	while kill -0 $! 2>/dev/null && [[ $said != *writer* ]]; do
		said=$(figure state)
		sleep 0.2
	done
	wait $!
	echo "while it is held: $said"
	[[ $said == *writer* ]] || fail "the server does not say whom it waits for"
	paint paint 4 2
	viewer_ends
	[[ ! $(figure state) ]] || fail "the server still says: $(figure state)"
	echo "$(figure fences_waited) fences waited for, $before before; $(figure path) $(figure import): $(figure path_reason)"
	[[ $(figure fences_waited) -gt $before ]] || fail "no fence was waited for"
	[[ $(figure path) == gpu && $(figure import) == dmabuf-egl ]] || fail "the GPU path did not go on"
}

# Process, capabilities.
has_only() {
	local pid
	pid=$(pgrep -x "zerovnc-$1")
	[[ $(awk '/^CapEff|^CapPrm|^CapBnd/ { print $2 }' /proc/$pid/status | sort -u) == "$2" ]] ||
		fail "zerovnc-$1 has other capabilities than $2: $(grep ^Cap /proc/$pid/status)"
	grep -qx $'Seccomp:\t2' /proc/$pid/status && grep -qx $'NoNewPrivs:\t1' /proc/$pid/status ||
		fail "zerovnc-$1 has no sandbox: $(</proc/$pid/status)"
}

# The broker and its keyholder are killed again and again while a viewer watches. The viewer is told in the meantime, and sees every pixel
# afterwards. Keys still arrive, because the devices stay. Neither side keeps a descriptor.
case_broker() {
	[[ $split ]] || skip "this is about the broker: tests/vm/case BUILD CARD broker broker"
	local victim fds
	start_painter
	paint light 1024x768 XR24 flip
	serve_card
	check --until="$frame"
	fds=$(fd_count)
	check_beside --unknown --until=$((frame + 60)) --seconds=250
	local stays=$viewer_pid
	for victim in broker key broker key broker; do
		paint paint 4 8
		pkill -KILL "zerovnc-$victim"
		check --unknown --until="$frame" --seconds=60
	done
	[[ $(grep -c ready "$dir/broker.log") == 6 ]] || fail "the broker was started otherwise than 6 times: $(<"$dir/broker.log")"
	paint paint 40 8
	viewer_ends "$stays"
	fds_return_to $((fds + 2))
	[[ $(grep '^Cap[EP]' /proc/$server_pid/status | awk '{ print $2 }' | sort -u) == 0000000000000000 ]] ||
		fail "the server has capabilities: $(grep ^Cap /proc/$server_pid/status)"
	! ls -l /proc/$server_pid/fd | grep -E '/dev/(dri|fb|uinput)' || fail "the server has a card open"
	stop_server
	as_nobody "$build/zerovnc" doctor --broker="$dir/broker" --card="$(node_of "$card")" --path=cpu --listen=127.0.0.1:0 \
		>"$dir/doctor" || fail "doctor says that a user without rights cannot serve: $(<"$dir/doctor")"
	cat "$dir/doctor"
	grep -q "ok *permissions *the broker at" "$dir/doctor" && grep -q "ok *card .*by the broker: .* lit, 1024x768" "$dir/doctor" &&
		grep -q "ok *frame *1024x768" "$dir/doctor" || fail "doctor does not say what the broker reads"
	as_nobody "$build/zerovnc" bench --broker="$dir/broker" --card="$(node_of "$card")" --path=cpu --seconds=1 --json \
		>"$dir/report" || fail "bench measured nothing"
	python3 "$here/../server/command/benchmark.py" "$dir/report" scanout cpu=dmabuf-mmap
	has_only broker 0000000000000000
	has_only key 0000000000200000
	[[ $(ls /proc/$(pgrep -x zerovnc-key)/fd) == 0 ]] || fail "the keyholder has more than its connection open"
	! setpriv --reuid=1234 --regid=1234 --clear-groups python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(sys.argv[1])' "$dir/broker" 2>/dev/null ||
		fail "another user may connect"
}
