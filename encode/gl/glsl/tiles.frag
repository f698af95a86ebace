// SPDX-License-Identifier: GPL-2.0-or-later
// One fragment per tile: the left, top, right and bottom side of the box around what its 4 by 64 runs say that changed.
// The last two are 0 if nothing did. A run that was not drawn has more pixels than there are, and so has the box then.
uniform highp sampler2D runs;
uniform vec2 runs_size;
uniform ivec2 runs_used; // the part of the texture that is used

void main() {
	ivec2 first = ivec2(gl_FragCoord.xy) * ivec2(4, 64);
	vec4 box = vec4(64.0, 64.0, 0.0, 0.0);
	for (int y = 0; y < 64; y++) {
		for (int x = 0; x < 4; x++) {
			ivec2 at = first + ivec2(x, y);
			if (at.x >= runs_used.x || at.y >= runs_used.y)
				continue;
			vec2 run = floor(FETCH(runs, at, runs_size).rg * 255.0 + 0.5);
			if (run.y > 0.0) {
				box.xy = min(box.xy, vec2(float(16 * x) + run.x, float(y)));
				box.zw = max(box.zw, vec2(float(16 * x) + run.y, float(y + 1)));
			}
		}
	}
	colour = box / 255.0;
}
