/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "encode/bench/table.h"

enum { NAME_WIDTH = 22 };

static bool is_measured(const struct bench_column *column) {
	for (int pace = 0; pace < BENCH_PACES; pace++) {
		for (int kind = 0; kind < BENCH_KINDS; kind++) {
			if (column->series[pace][kind].frames)
				return true;
		}
	}
	return false;
}

double bench_ratio(const struct bench_series *series, const struct bench_series *of) {
	double one = durations_percentile(&series->wall, 50), other = durations_percentile(&of->wall, 50);
	return other > 0 ? one / other : 0;
}

static void describe(const struct bench_column *column, FILE *stream) {
	const struct converter *converter = column->converter;
	fprintf(stream, "%s: ", column->name);
	if (!is_measured(column)) {
		fprintf(stream, "not measured: %s\n",
			column->missing.text[0] ? column->missing.text
						: "the measurement was stopped before");
		return;
	}
	fprintf(stream, "%s%s, pixels by %s%s%s\n", converter->renderer,
		column->software ? " (software, no GPU)" : "", converter_import_name(column->import),
		converter->detail[0] ? ", " : "", converter->detail);
	if (column->import == CONVERTER_IMPORT_TEXTURE)
		fprintf(stream,
			"     nothing can be imported here: a texture that was uploaded before takes the place of the import\n");
	if (column->missing.text[0])
		fprintf(stream, "     ended early: %s\n", column->missing.text);
}

/* Lists the columns that the table has, and returns how many there are. */
static int choose(const struct bench *bench, const struct bench_column *chosen[BENCH_MAX_COLUMNS]) {
	int count = 0;
	for (int i = 0; i < bench->column_count; i++) {
		if (is_measured(&bench->columns[i]))
			chosen[count++] = &bench->columns[i];
	}
	return count;
}

/* Fills in "of cpu", and how wide that makes the column of multiples. */
static int of_first(const struct bench_column *first, char name[24]) {
	int length = snprintf(name, 24, "of %.12s", first->name);
	return length < 8 ? 8 : length;
}

static void print_head(const struct bench_column *const columns[], int count, FILE *stream) {
	char of[24];
	int width = of_first(columns[0], of);
	fprintf(stream, "\n%-*s", NAME_WIDTH, "milliseconds a frame");
	for (int i = 0; i < count; i++)
		fprintf(stream, "%*s%11s", i > 1 ? width + 19 : i ? 17 : 0, "", columns[i]->name);
	fprintf(stream, "\n%-*s", NAME_WIDTH, "");
	for (int i = 0; i < count; i++) {
		fprintf(stream, "  %9s%9s%8s", "median", "95 %", "CPU");
		if (i)
			fprintf(stream, "  %*s", width, of);
	}
	fputc('\n', stream);
}

static void print_cell(const struct bench_column *column, const struct bench_column *first, int pace,
	int kind, FILE *stream) {
	const struct bench_series *series = &column->series[pace][kind];
	char of[24];
	int width = of_first(first, of);
	if (!series->frames) {
		fprintf(stream, "  %9s%9s%8s", "-", "", "");
		return;
	}
	fprintf(stream, "  %9.3f%9.3f%8.3f", durations_percentile(&series->wall, 50),
		durations_percentile(&series->wall, 95), durations_percentile(&series->cpu, 50));
	if (column == first)
		return;
	if (first->series[pace][kind].frames)
		fprintf(stream, "  %*.3f", width, bench_ratio(series, &first->series[pace][kind]));
	else
		fprintf(stream, "  %*s", width, "-");
}

static void print_row(
	const struct bench_column *const columns[], int count, int pace, int kind, FILE *stream) {
	uint64_t frames = 0;
	for (int i = 0; i < count; i++)
		frames += columns[i]->series[pace][kind].frames;
	if (!frames)
		return;
	fprintf(stream, "  %-*s", NAME_WIDTH - 2, bench_kind_names[kind]);
	for (int i = 0; i < count; i++)
		print_cell(columns[i], columns[0], pace, kind, stream);
	fputc('\n', stream);
}

void bench_print(const struct bench *bench, FILE *stream) {
	const struct bench_column *columns[BENCH_MAX_COLUMNS];
	int count = choose(bench, columns);
	for (int i = 0; i < bench->column_count; i++)
		describe(&bench->columns[i], stream);
	if (!count)
		return;
	print_head(columns, count, stream);
	for (int pace = 0; pace < BENCH_PACES; pace++) {
		fprintf(stream, "%s\n", bench_pace_names[pace]);
		for (int kind = 0; kind < BENCH_KINDS; kind++)
			print_row(columns, count, pace, kind, stream);
	}
	fprintf(stream,
		"\nCPU: processor time of the whole process. Acquiring a frame, for either: %.3f ms back to back, %.3f at 60 Hz.\n",
		durations_percentile(&bench->acquire[BENCH_BACK_TO_BACK], 50),
		durations_percentile(&bench->acquire[BENCH_60HZ], 50));
	fprintf(stream,
		"Nothing was drawn: the converters were made to forget the tiles that count as changed, which is the same work.\n");
	if (bench->interrupted)
		fprintf(stream, "Interrupted: not all of it was measured.\n");
}
