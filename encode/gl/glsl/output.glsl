// SPDX-License-Identifier: GPL-2.0-or-later
// Where a fragment shader writes its colour.
#if __VERSION__ >= 300
out vec4 colour;
#else
#define colour gl_FragColor
#endif
