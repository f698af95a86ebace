/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/bench_report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "capture/base/array.h"

const char *const report_share_names[REPORT_SHARES] = {"0", "1 tile", "1 %", "10 %", "50 %", "100 %"};

void report_print_table(const struct report *report) {
	printf("%s\n%s\n%d rounds; milliseconds, median (minimum); x: median as a multiple of "
	       "glReadPixels'\n\n",
		report->renderer, report->detail, report->rounds);
	printf("%-10s %-8s %-7s %15s %6s %22s %11s %15s %15s %15s %8s\n", "size", "content", "dirty",
		"to the picture", "x", "launch + wait + unpack", "read back", "glReadPixels", "memcmp",
		"memcpy", "CPU us");
	for (int i = 0; i < report->count; i++) {
		const struct report_row *row = &report->rows[i];
		char size[24], parts[40];
		snprintf(size, sizeof size, "%ux%u", row->width, row->height);
		snprintf(parts, sizeof parts, "%.3f + %.3f + %.3f", row->launch_ms, row->wait_ms,
			row->unpack_ms);
		printf("%-10s %-8s %-7s %6.3f (%6.3f) %6.3f %22s %11llu %6.3f (%6.3f) %6.3f (%6.3f) %6.3f "
		       "(%6.3f) %8.1f\n",
			size, row->content, report_share_names[row->share], row->convert_ms[0],
			row->convert_ms[1], row->convert_ms[0] / row->read_ms[0], parts,
			(unsigned long long)row->bytes_read_back, row->read_ms[0], row->read_ms[1],
			row->compare_ms[0], row->compare_ms[1], row->copy_ms[0], row->copy_ms[1],
			row->cpu_us);
	}
}

static int finish(FILE *file) {
	int error = ferror(file) ? -EIO : 0;
	return fclose(file) && !error ? -errno : error;
}

int report_write_json(const struct report *report, const char *path) {
	FILE *file = fopen(path, "w");
	if (!file)
		return -errno;
	fprintf(file, "{\n  \"renderer\": \"%s\",\n  \"detail\": \"%s\",\n  \"rounds\": %d,\n",
		report->renderer, report->detail, report->rounds);
	fprintf(file, "  \"rows\": [\n");
	for (int i = 0; i < report->count; i++) {
		const struct report_row *row = &report->rows[i];
		fprintf(file,
			"    {\"width\": %u, \"height\": %u, \"content\": \"%s\", \"dirty\": \"%s\", "
			"\"tiles\": %u, \"tiles_changed\": %u, \"bytes_read_back\": %llu, "
			"\"convert_ms\": [%.5f, %.5f], \"launch_ms\": %.5f, \"wait_ms\": %.5f, "
			"\"unpack_ms\": %.5f, "
			"\"read_pixels_ms\": [%.5f, %.5f], \"memcmp_ms\": [%.5f, %.5f], "
			"\"memcpy_ms\": [%.5f, %.5f], \"cpu_us\": %.2f, \"of_read_pixels\": %.4f}%s\n",
			row->width, row->height, row->content, report_share_names[row->share], row->tiles,
			row->tiles_changed, (unsigned long long)row->bytes_read_back, row->convert_ms[0],
			row->convert_ms[1], row->launch_ms, row->wait_ms, row->unpack_ms, row->read_ms[0],
			row->read_ms[1], row->compare_ms[0], row->compare_ms[1], row->copy_ms[0],
			row->copy_ms[1], row->cpu_us, row->convert_ms[0] / row->read_ms[0],
			i + 1 < report->count ? "," : "");
	}
	fprintf(file, "  ]\n}\n");
	return finish(file);
}

/* --- the plot: shares side by side, cost as a multiple of glReadPixels on a logarithmic scale --- */

enum { LEFT = 70, TOP = 50, WIDTH = 560, HEIGHT = 300, LEGEND = 190 };
static const double lowest = 0.005, highest = 4;

static double plot_x(int share) {
	return LEFT + (share + 0.5) * WIDTH / REPORT_SHARES;
}

static double plot_y(double ratio) {
	double at = log(fmin(fmax(ratio, lowest), highest) / lowest) / log(highest / lowest);
	return TOP + HEIGHT * (1 - at);
}

static void plot_axes(FILE *file, const struct report *report) {
	static const double marks[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2};
	fprintf(file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" "
		"fill=\"white\"/>\n<text x=\"%d\" y=\"20\" font-size=\"14\">Cost of a frame over the share "
		"of it "
		"that changed, as a multiple of reading all of it</text>\n<text x=\"%d\" y=\"38\" "
		"fill=\"#555\">%s</text>\n",
		LEFT + WIDTH + LEGEND, TOP + HEIGHT + 50, LEFT, LEFT, report->renderer);
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		fprintf(file,
			"<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n"
			"<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
			LEFT, LEFT + WIDTH, plot_y(marks[i]), plot_y(marks[i]),
			marks[i] == 1 ? "#c00" : "#ddd", LEFT - 6, plot_y(marks[i]) + 4, marks[i]);
	fprintf(file, "<text x=\"%d\" y=\"%.1f\" fill=\"#c00\">glReadPixels</text>\n", LEFT + WIDTH + 6,
		plot_y(1) + 4);
	for (int share = 0; share < REPORT_SHARES; share++)
		fprintf(file, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", plot_x(share),
			TOP + HEIGHT + 18, report_share_names[share]);
	fprintf(file, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">changed</text>\n", LEFT + WIDTH / 2,
		TOP + HEIGHT + 38);
}

/* Draws all rows of one size and content, starting at rows[first]. Returns the row after them. */
static int plot_line(FILE *file, const struct report *report, int first, int line) {
	static const char *const colours[] = {"#1b6ca8", "#2a9d4b", "#8e44ad"};
	const struct report_row *of = &report->rows[first];
	const char *colour = colours[line / 2 % 3];
	const char *dash = strcmp(of->content, "random") == 0 ? "none" : "5 4";
	int i = first;
	fprintf(file,
		"<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" stroke-dasharray=\"%s\" points=\"",
		colour, dash);
	for (; i < report->count; i++) {
		const struct report_row *row = &report->rows[i];
		if (row->width != of->width || strcmp(row->content, of->content) != 0)
			break;
		fprintf(file, "%.1f,%.1f ", plot_x(row->share), plot_y(row->convert_ms[0] / row->read_ms[0]));
	}
	fprintf(file,
		"\"/>\n<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2\" "
		"stroke-dasharray=\"%s\"/>\n<text x=\"%d\" y=\"%d\">%ux%u %s</text>\n",
		LEFT + WIDTH + 6, LEFT + WIDTH + 36, TOP + HEIGHT - 150 + line * 20,
		TOP + HEIGHT - 150 + line * 20, colour, dash, LEFT + WIDTH + 42,
		TOP + HEIGHT - 146 + line * 20, of->width, of->height, of->content);
	return i;
}

int report_write_svg(const struct report *report, const char *path) {
	FILE *file = fopen(path, "w");
	if (!file)
		return -errno;
	plot_axes(file, report);
	for (int i = 0, line = 0; i < report->count; line++)
		i = plot_line(file, report, i, line);
	fprintf(file, "</svg>\n");
	return finish(file);
}
