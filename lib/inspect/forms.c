// SPDX-License-Identifier: MIT
/*
 * The graph for other programs: Graphviz and JSON.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <uiommufd/inspect.h>

#include "inspect/forms.h"
#include "inspect/model.h"

char *model_print(int fd, void (*print)(FILE *out, const struct model *model))
{
	struct model *model = model_new(fd);
	char *text = NULL;
	size_t length;
	FILE *out;

	if (!model)
		return NULL;
	out = open_memstream(&text, &length);
	if (out) {
		print(out, model);
		fclose(out);
	}
	model_free(model);
	return text;
}

const char *const model_claim_names[] = {
	[CLAIM_OBJECT] = "object", [CLAIM_ATTACH] = "attachment",
	[CLAIM_ACCESS] = "access", [CLAIM_DRIVER] = "driver",
	[CLAIM_FILE] = "file", [CLAIM_MAPPING] = "mapping",
};

/* ---- Graphviz ---- */

static void dot_string(FILE *out, const char *text)
{
	char *escaped = g_strescape(text ? text : "", NULL);

	fprintf(out, "\"%s\"", escaped);
	g_free(escaped);
}

static void dot_node(FILE *out, const struct model_node *node)
{
	fprintf(out, "  n%u [label=\"%s %u\\nusers %u wait %u\", tooltip=",
		node->id, node->type_name, node->id, node->users,
		node->wait_cnt);
	dot_string(out, node->about);
	fprintf(out, "%s];\n", node->leaving ? ", style=dashed" : "");
}

/* What is outside gets a small node of its own. */
static void dot_claim(FILE *out, const struct model_claim *claim,
		      unsigned int number)
{
	const char *name = model_claim_names[claim->kind];

	if (claim->holder == claim->held)
		return;
	if (claim->holder == MODEL_OUTSIDE)
		fprintf(out, "  o%u [label=\"%s\", shape=plaintext];\n"
			"  o%u -> n%u [style=dotted", number, name, number,
			claim->held);
	else
		fprintf(out, "  n%u -> n%u [label=\"%s\"", claim->holder,
			claim->held,
			claim->kind == CLAIM_OBJECT ? "" : name);
	fputs(", tooltip=", out);
	dot_string(out, claim->place.site);
	fputs("];\n", out);
}

void model_print_dot(FILE *out, const struct model *model)
{
	unsigned int number = 0;

	fputs("digraph iommufd {\n"
	      "  rankdir=BT;\n"
	      "  node [shape=box, fontname=\"sans-serif\"];\n", out);
	model_each_node(model, node)
		dot_node(out, node);
	model_each_claim(model, claim)
		dot_claim(out, claim, number++);
	fputs("}\n", out);
}

char *uiommufd_graph_dot(int fd)
{
	return model_print(fd, model_print_dot);
}

/* ---- JSON ---- */

static void json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *c = (const void *)(text ? text : ""); *c; c++)
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c < ' ')
			fprintf(out, "\\u%04x", *c);
		else
			fputc(*c, out);
	fputc('"', out);
}

static void json_place(FILE *out, const struct model_place *place)
{
	fputs("\"site\": ", out);
	json_string(out, place->site);
	fputs(", \"stack\": [", out);
	for (char **frame = place->frames; frame && *frame; frame++) {
		fputs(frame == place->frames ? "" : ", ", out);
		json_string(out, *frame);
	}
	fputc(']', out);
}

static void json_node(FILE *out, const struct model_node *node)
{
	fprintf(out, "    {\"id\": %u, \"type\": \"%s\", \"users\": %u, "
		"\"wait\": %u, \"leaving\": %s, \"about\": ", node->id,
		node->type_name, node->users, node->wait_cnt,
		node->leaving ? "true" : "false");
	json_string(out, node->about);
	fputs(", \"more\": ", out);
	json_string(out, node->more);
	fputs(", ", out);
	json_place(out, &node->place);
	fputc('}', out);
}

static void json_claim(FILE *out, const struct model_claim *claim)
{
	fprintf(out, "    {\"kind\": \"%s\", \"held\": %u, \"holder\": ",
		model_claim_names[claim->kind], claim->held);
	if (claim->holder == MODEL_OUTSIDE)
		fputs("null", out);
	else
		fprintf(out, "%u", claim->holder);
	if (claim->kind == CLAIM_ATTACH)
		fprintf(out, ", \"pasid\": %u", claim->pasid);
	fprintf(out, ", \"wait\": %s, ", claim->inside ? "true" : "false");
	json_place(out, &claim->place);
	fputc('}', out);
}

void model_print_json(FILE *out, const struct model *model)
{
	const char *between = "\n";

	fputs("{\n  \"objects\": [", out);
	model_each_node(model, node) {
		fputs(between, out);
		json_node(out, node);
		between = ",\n";
	}
	fputs("\n  ],\n  \"claims\": [", out);
	between = "\n";
	model_each_claim(model, claim) {
		fputs(between, out);
		json_claim(out, claim);
		between = ",\n";
	}
	fputs("\n  ]\n}\n", out);
}

char *uiommufd_graph_json(int fd)
{
	return model_print(fd, model_print_json);
}
