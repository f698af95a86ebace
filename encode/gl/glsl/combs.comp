// SPDX-License-Identifier: GPL-2.0-or-later
// How the threads of a workgroup share its tile. A thread's unit is a comb: 4 pixels of a row, 16 apart. Comb n of a tile
// lies in row n / 16 and begins at column n % 16. So neighbouring threads fetch neighbouring texels and write neighbouring
// words.
//
// Defined outside: THREADS (128, 256 or 512).
uniform ivec2 size;  // of the picture, in pixels
uniform int columns; // of tiles

const uint ROUNDS = 1024u / uint(THREADS); // combs per thread

uint pixel_of(vec3 colour, ivec2 at); // what is sent: in damage.comp

ivec2 comb_corner(uint tile, uint comb) {
	ivec2 corner = ivec2(int(tile) % columns, int(tile) / columns) * 64;
	return corner + ivec2(int(comb % 16u), int(comb / 16u));
}

ivec2 pixel_in_comb(uint tile, uint comb, uint index) {
	return comb_corner(tile, comb) + ivec2(int(index) * 16, 0);
}

// Whether a layer that is shown there (left, top, right, bottom) covers any pixel of the tile.
bool touches(ivec4 layer, uint tile) {
	ivec2 corner = comb_corner(tile, 0u);
	return all(lessThan(corner, layer.zw)) && all(greaterThan(corner + 64, layer.xy));
}

// Whether it covers all pixels of the tile that lie in the picture.
bool fills(ivec4 layer, uint tile) {
	ivec2 corner = comb_corner(tile, 0u);
	return all(greaterThanEqual(corner, layer.xy)) && all(lessThanEqual(min(corner + 64, size), layer.zw));
}
