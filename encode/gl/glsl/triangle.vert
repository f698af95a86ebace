// SPDX-License-Identifier: GPL-2.0-or-later
// A triangle that covers the viewport. The scissor decides which part of it is drawn.
#if __VERSION__ >= 300
in vec2 corner;
#else
attribute vec2 corner;
#endif

void main() {
	gl_Position = vec4(corner, 0.0, 1.0);
}
