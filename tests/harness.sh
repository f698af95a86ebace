# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# harness: what is shared by the scripts that run a whole server and viewers against it. Before it sources this file,
# a script sets $build (the build folder) and $server (where to listen) and runs `set -eEuo pipefail`. This file sets
# $dir, a folder that is removed at the end.
dir=$(mktemp -d)
export ASAN_OPTIONS=allocator_may_return_null=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
TSAN_OPTIONS=allocator_may_return_null=1:suppressions=$(dirname "${BASH_SOURCE[0]}")/tsan.supp
export TSAN_OPTIONS
server_pid='' # the server that serve() started
viewer_pid=''

skip() {
	echo "skipped: $*"
	exit 77
}

fail() {
	echo "failed: $*"
	exit 1
}

# Ends what a script has started, however the script ends. Shows the server's log if something went wrong.
finish() {
	local status=$?
	trap - ERR EXIT
	set +e
	local pids
	pids=$(jobs -p)
	# shellcheck disable=SC2086
	[[ $pids ]] && kill $pids 2>/dev/null && sleep 0.2 && kill -KILL $pids 2>/dev/null
	wait 2>/dev/null
	if [[ $status != 0 && $status != 77 ]]; then
		echo "--- the server's log:"
		tail -n 60 "$dir/server.log" 2>/dev/null
	fi
	rm -rf "$dir"
	exit "$status"
}
trap finish EXIT
trap 'echo "failed: line $LINENO: $BASH_COMMAND"' ERR

# By the server that `server_program` names, if it does. Everybody may come in, unless `safe` is set to nothing: then the
# default decides.
serve() { # [OPTION...]
	# shellcheck disable=SC2086 # it may be no word at all
	"${server_program:-$build/zerovnc}" serve --listen="$server" ${safe---security=none} --no-input --control="$dir/control" "$@" \
		>"$dir/server.log" 2>&1 &
	server_pid=$!
	for _ in {1..200}; do
		status >/dev/null 2>&1 && return
		kill -0 "$server_pid" 2>/dev/null || fail "the server ended by itself: $(tail -n 3 "$dir/server.log")"
		sleep 0.1
	done
	fail "the server did not begin to serve"
}

status() { "$build/zerovnc" status --json --control="$dir/control"; }
# Prints a number or word of the status, by its name.
figure() { status | tr ',{' '\n\n' | sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1; }
fd_count() { find "/proc/$server_pid/fd" -type l | wc -l; }

# Waits until viewers that left have given back their descriptors, which may take a moment.
fds_return_to() {
	for _ in {1..50}; do
		[[ $(fd_count) -le $1 ]] && return
		sleep 0.1
	done
	ls -l "/proc/$server_pid/fd"
	fail "$(fd_count) descriptors are open, $1 were expected"
}

stop_server() {
	kill -TERM "$server_pid"
	wait "$server_pid" || fail "the server ended with status $? on SIGTERM"
	server_pid=''
	! grep -E 'runtime error|Sanitizer' "$dir/server.log" || fail "a sanitizer spoke"
}

check() { "$build/tests/viewers/checker" --log="$dir/log" --seconds=60 "$@" "$server"; }

# Starts a viewer beside what follows. Returns when the viewer has seen its first whole frame.
check_beside() {
	rm -f "$dir/ready"
	"$build/tests/viewers/checker" --log="$dir/log" --seconds=60 --ready="$dir/ready" "$@" "$server" &
	viewer_pid=$!
	for _ in {1..300}; do
		[[ -e $dir/ready ]] && return
		kill -0 "$viewer_pid" 2>/dev/null || break
		sleep 0.1
	done
	fail "the viewer saw no whole frame"
}

viewer_ends() { # [PID]
	wait "${1:-$viewer_pid}" || fail "the viewer found faults"
}
