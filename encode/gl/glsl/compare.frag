// SPDX-License-Identifier: GPL-2.0-or-later
// One fragment per run of 16 pixels of a row: in red the first that differs from what was sent last, in green 1 + the
// last one; green is 0 if none does.
uniform highp sampler2D sent; // each texel has blue, green, red; read back as RGBA it is a viewer's XRGB8888
uniform vec2 sent_size;
uniform ivec2 size; // of the picture

void main() {
	ivec2 run = ivec2(gl_FragCoord.xy) * ivec2(16, 1);
	vec2 changed = vec2(16.0, 0.0);
	for (int i = 0; i < 16; i++) {
		ivec2 at = run + ivec2(i, 0);
		if (at.x >= size.x)
			break;
		vec3 was = floor(FETCH(sent, at, sent_size).bgr * 255.0 + 0.5);
		if (any(notEqual(levels_of(sample_scanout(at)), was)))
			changed = vec2(min(changed.x, float(i)), float(i + 1));
	}
	colour = vec4(changed / 255.0, 0.0, 0.0);
}
