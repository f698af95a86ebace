// SPDX-License-Identifier: GPL-2.0-or-later
// sample_scanout(at) is the colour that the CRTC shows at pixel `at` of its mode, before it is rounded to 8 bits. Compute
// shaders compose whole tiles instead (damage.comp).
#ifndef COMPOSED
vec3 sample_scanout(ivec2 at) {
	bool covered = covers0(at);
	vec3 colour = sample0(at, covered).rgb;
	return covered ? colour : vec3(0.0);
}
#elif !defined(THREADS)
vec3 sample_scanout(ivec2 at) {
	vec3 colour = vec3(0.0);
	EACH_LAY((colour, at))
	return colour;
}
#endif
