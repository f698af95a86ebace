// SPDX-License-Identifier: GPL-2.0-or-later
// One fragment per tile: white if any of its 4 by 64 runs is white.
uniform highp sampler2D runs;
uniform vec2 runs_size;
uniform ivec2 runs_used; // the part of the texture that is used

void main() {
	ivec2 first = ivec2(gl_FragCoord.xy) * ivec2(4, 64);
	float changed = 0.0;
	for (int y = 0; y < 64; y++) {
		for (int x = 0; x < 4; x++) {
			ivec2 at = first + ivec2(x, y);
			if (at.x < runs_used.x && at.y < runs_used.y)
				changed = max(changed, FETCH(runs, at, runs_size).r);
		}
	}
	colour = vec4(changed);
}
