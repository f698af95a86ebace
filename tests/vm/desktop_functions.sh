# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# The cases of several outputs, as functions that tests/vm/case calls. tests/vm/cases.list says which case runs on which
# card.

# Sets $names to the heads of the card, and what their monitors are taken for: nothing is plugged into the second.
plug_heads() {
	local head
	names=$(cd /sys/class/drm && echo "$(basename "$(node_of "$card")")"-Virtual-*)
	for head in $names; do
		echo "$1" >"/sys/class/drm/$head/status"
	done
}

# Two heads of one card: each is served by its name.
case_heads() {
	local name names seed=1
	plug_heads on
	start_painter
	paint light 1024x768 XR24 flip
	for name in $names; do
		serve_card --output="${name#card*-}"
		check_beside --scene-seed=$seed --until=$((frame + 10))
		paint paint 10 8
		viewer_ends
		stop_server
		seed=$((seed + 1))
	done
	[[ $seed == 3 ]] || fail "$((seed - 1)) heads were there instead of 2"
	plug_heads detect
}

# Serves an output alone, and saves what it shows as $dir/NAME.ppm.
save_alone() { # NAME SERVE_OPTION...
	serve --path="$path" "${@:2}"
	check --unknown --updates=1 --save="$dir/$1.ppm"
	stop_server
}

# What viewers are shown consists of these parts, after a while: one that joins while outputs are switched may be shown
# what was there before.
is_placed() { # PART@X,Y... (as tests/vm/placed; parts are what save_alone saved)
	for _ in {1..20}; do
		check --unknown --updates=1 --save="$dir/all.ppm"
		! "$here/placed" "$dir/all.ppm" "${@/#/$dir/}" || return 0
		sleep 0.5
	done
	fail "the desktop is not its outputs: $*"
}

# Switches the server to other outputs while it runs. A software renderer may take long to show them, which the server
# says.
switch_to() { # OUTPUTS
	"$build/zerovnc" output "$1" --control="$dir/control" >"$dir/said" 2>&1 || grep 'not shown yet' "$dir/said" ||
		fail "the server did not switch to $1: $(<"$dir/said")"
}

# Every output is converted on the path that was asked for.
paths_are_taken() { # COUNT OF OUTPUTS
	local taken
	taken=$(status | grep -c "\"path\": \"$path\"") || true
	[[ $taken -ge $1 ]] || fail "$taken of $1 outputs took the path $path: $(status)"
}

# Both heads as one desktop: its halves are what each head shows by itself. Then the server switches to one of them and
# back while it runs.
case_desktop() {
	local name names heads=()
	plug_heads on
	start_painter
	paint light 640x480 XR24 front
	for name in $names; do
		save_alone "${name##*-}" --card="$(node_of "$card")" --output="${name#card*-}"
		heads+=("${name##*-}")
	done
	! cmp -s "$dir/${heads[0]}.ppm" "$dir/${heads[1]}.ppm" || fail "both heads show the same"
	serve_card --output=all
	is_placed "${heads[0]}.ppm@0,0" "${heads[1]}.ppm@640,0"
	paths_are_taken 2
	switch_to "Virtual-${heads[1]}"
	is_placed "${heads[1]}.ppm@0,0"
	switch_to all
	is_placed "${heads[0]}.ppm@0,0" "${heads[1]}.ppm@640,0"
	! "$build/zerovnc" output DP-7 --control="$dir/control" || fail "an output that does not exist was taken"
	plug_heads detect
}

# Prints the names of a card's outputs, in a line, as --output takes them: card1/Virtual-2 ...
outputs_of() { # CARD
	local node names
	node=$(basename "$(node_of "$1")")
	names=$(cd /sys/class/drm && echo "$node"-Virtual-*)
	echo "${names//$node-/$node/}"
}

# Cards of three drivers as one desktop, with four outputs: each part is what that output shows by itself, side by side
# and at places that lie on no tile's edge, with gaps between them. Then all cards flip at once, and no update mixes
# two frames in any part.
case_cards() {
	local names other end pids=() pid
	for other in vkms bochs; do
		node_of $other >/dev/null || skip "there is no card $other in this guest"
	done
	plug_heads on
	on vkms start_owner painter --seed=31
	on bochs start_owner painter --seed=41
	start_owner painter --seed=51
	on vkms paint light 800x600 XR24 flip
	on bochs paint light 1024x768 XR24 flip
	paint light 640x480 XR24 flip
	local vkms bochs heads
	vkms=$(outputs_of vkms) bochs=$(outputs_of bochs)
	read -r -a heads <<<"$(outputs_of "$card")"
	[[ ${#heads[@]} == 2 ]] || fail "the card has ${#heads[@]} heads instead of 2"
	save_alone vkms --output="${vkms#*/}" --card="$(node_of vkms)"
	save_alone bochs --output="${bochs#*/}" --card="$(node_of bochs)"
	save_alone one --output="${heads[0]##*/}" --card="$(node_of "$card")"
	save_alone two --output="${heads[1]##*/}" --card="$(node_of "$card")"
	serve --path="$path" --output="$bochs,${heads[1]},$vkms,${heads[0]}"
	is_placed bochs.ppm@0,0 two.ppm@1024,0 vkms.ppm@1664,0 one.ppm@2464,0
	paths_are_taken 4
	stop_server
	serve --path="$path" --output=all \
		--layout-outputs="$vkms@0,0,${heads[0]}@803,101,$bochs@37,701,${heads[1]}@1061,583"
	is_placed vkms.ppm@0,0 one.ppm@803,101 bochs.ppm@37,701 two.ppm@1061,583
	end=$((frame + 8))
	for other in 31:800x600+0+0 51:640x480+803+101 41:1024x768+37+701 52:640x480+1061+583; do
		check_beside --scene-seed="${other%%:*}" --part="${other#*:}" --until=$end
		pids+=("$viewer_pid")
	done
	on vkms paint paint 4 4
	for other in vkms bochs "$card"; do
		echo "paint 8 2" >&"${owner_in[$other]}"
	done
	for pid in "${pids[@]}"; do
		viewer_ends "$pid"
	done
	plug_heads detect
}

# Waits until the viewer that stays shows these parts.
viewer_shows() { # PART@X,Y...
	local said
	for _ in {1..150}; do
		if said=$("$here/placed" "$dir/picture.ppm" "${@/#/$dir/}" 2>&1); then
			echo "viewer: $*"
			return
		fi
		kill -0 "$stays" 2>/dev/null || fail "the viewer is gone"
		sleep 0.2
	done
	fail "the viewer does not show $*: $said"
}


# Starts a viewer that stays ($stays), whose last picture is always in $dir/picture.ppm, and waits for its first one.
start_staying() { # CHECKER_OPTION...
	check --unknown --seconds=280 --save-each="$dir/picture.ppm" "$@" &
	stays=$!
	for _ in {1..100}; do
		[[ ! -e $dir/picture.ppm ]] || return 0
		sleep 0.1
	done
	fail "the viewer saw no picture"
}

# A viewer sees a notice in the place of an output, which goes on telling the time there, and the other outputs beside
# it as before.
await_notice() { # NAME SIZE_OF_THE_DESKTOP PART_OF_THE_OUTPUT
	check_beside --dark --updates=2 --size="$2" --part="$3" --save="/run/out/pulled-$1.ppm"
}
is_noticed() { # NAME PART@X,Y... (as tests/vm/placed)
	viewer_ends
	"$here/placed" "/run/out/pulled-$1.ppm" "${@:2}" || fail "while the $1 is away, the rest of the desktop is another"
}

# Outputs are pulled out and plugged in again under a viewer, which stays: first one head of two, then a whole card of
# two. The viewer is shown a notice in the place of what is gone, then the smaller desktop, and then all again.
# (Only by the CPU path: Mesa's software renderer reads at address 0 if a card is removed between import and draw, because
# it does not check whether mapping a buffer succeeds.)
case_pull() {
	local names one two device driver last stays
	plug_heads on
	if node_of vkms >/dev/null; then # its console is no part of this desktop
		on vkms start_owner painter
		on vkms paint light 800x600 XR24 front
		on vkms paint dark crtc
	fi
	on bochs start_owner painter --seed=41
	on bochs paint light 800x600 XR24 front
	start_painter --seed=51
	paint light 640x480 XR24 flip
	last=$((frame + 6))
	read -r one two <<<"$(outputs_of "$card")"
	save_alone one --card="$(node_of "$card")" --output="${one#*/}"
	save_alone two --card="$(node_of "$card")" --output="${two#*/}"
	save_alone bochs --card="$(node_of bochs)"
	serve --output=all --path="$path"
	start_staying --part=640x480+640+0 --scene-seed=52 --until=$last
	viewer_shows one.ppm@0,0 two.ppm@640,0 bochs.ppm@1280,0

	await_notice head 2080x600 640x480+640+0
	echo off >"/sys/class/drm/${two/\//-}/status"
	paint plugs
	is_noticed head "$dir/one.ppm@0,0" any:640x480@640,0 "$dir/bochs.ppm@1280,0"
	viewer_shows one.ppm@0,0 bochs.ppm@640,0
	echo on >"/sys/class/drm/${two/\//-}/status"
	paint plugs
	viewer_shows one.ppm@0,0 two.ppm@640,0 bochs.ppm@1280,0

	device=$(readlink -f "/sys/class/drm/$(basename "$(node_of bochs)")/device")
	driver=$(readlink -f "$device/driver")
	await_notice card 2080x600 800x600+1280+0
	echo "${device##*/}" >"$driver/unbind"
	is_noticed card "$dir/one.ppm@0,0" "$dir/two.ppm@640,0" any:800x600@1280,0
	viewer_shows one.ppm@0,0 two.ppm@640,0
	on bochs kill_painter
	echo "${device##*/}" >"$driver/bind"
	on bochs start_owner painter --seed=41
	on bochs paint light 800x600 XR24 front
	viewer_shows one.ppm@0,0 two.ppm@640,0 bochs.ppm@1280,0
	paint paint 6 4
	viewer_ends "$stays"
	plug_heads detect
}

sleep_until() { # MICROSECONDS, as EPOCHREALTIME counts them
	local left=$(($1 - ${EPOCHREALTIME/./}))
	[[ $left -le 0 ]] || sleep "$(ratio $left 1000000)"
}

# A mode set every second, of all heads of the card, for $count (20) seconds. Two viewers stay: one that knows
# ExtendedDesktopSize, and one that knows only DesktopSize. Nobody is dropped, and at the end both have the last picture
# to the pixel. How long it takes from the mode set to the first whole picture of the new size is only a figure: on an
# emulated machine, it can be anything.
case_storm() {
	local names heads total=${count:-20} size sizes=() extended how last next i
	plug_heads on
	read -r -a heads <<<"$names"
	start_painter
	for size in 800x600 640x480 1024x768; do
		ask light $size XR24 flip && sizes+=($size)
	done
	[[ ${#sizes[@]} -gt 1 ]] || skip "this card has one mode"
	last=$((frame + total + 3)) how=(--unknown --columns=${#heads[@]} --seconds=$((60 + 3 * total)))
	[[ ${#heads[@]} == 1 ]] || how+=(--mixed) # their modes are set one after the other
	serve_card --output=all
	check_beside "${how[@]}" --until=$last --save="$dir/extended.ppm"
	extended=$viewer_pid
	check_beside "${how[@]}" --until=$last --plain-size --save="$dir/plain.ppm"
	next=${EPOCHREALTIME/./}
	for ((i = 0; i < total; i++)); do
		tell light ${sizes[i % ${#sizes[@]}]} XR24 flip || fail "the painter was refused: $reply"
		next=$((next + 1000000))
		sleep_until $next
	done
	paint paint 3 4
	viewer_ends "$extended"
	viewer_ends
	cmp "$dir/extended.ppm" "$dir/plain.ppm" || fail "the viewers have different pictures"
	plug_heads detect
}

# Five minutes of it, to be run by hand.
case_hurricane() {
	local count=300
	case_storm
}
