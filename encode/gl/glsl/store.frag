// SPDX-License-Identifier: GPL-2.0-or-later
// The scanout as it is sent, with blue first. Read back as RGBA it is a viewer's XRGB8888.
void main() {
	colour = vec4(levels_of(sample_scanout(ivec2(gl_FragCoord.xy))).bgr / 255.0, 0.0);
}
