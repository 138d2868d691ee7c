/* experiments/config/config_where.c - lines and columns of YAML keys, by a second reading with libyaml. */
#include "experiments/config/config_where.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* Marks count from 0, people from 1. */
static void place_print(char *place, size_t size, const char *source, yaml_mark_t mark)
{
    snprintf(place, size, "%s:%zu:%zu", source, mark.line + 1, mark.column + 1);
}

static enum status syntax_error(const yaml_parser_t *parser, const char *source)
{
    char place[600];

    if (parser->error == YAML_MEMORY_ERROR) return fail(STATUS_NOMEM, "%s: out of memory", source);
    if (parser->error == YAML_READER_ERROR)
        return fail(STATUS_INPUT, "%s: byte %zu: not a YAML text: %s", source, parser->problem_offset,
                    parser->problem);
    place_print(place, sizeof place, source, parser->problem_mark);
    return fail(STATUS_INPUT, "%s: not YAML: %s%s%s", place, parser->problem,
                parser->context != NULL ? ", " : "", parser->context != NULL ? parser->context : "");
}

static enum status root_check(yaml_document_t *document, const char *source)
{
    char place[600];
    const yaml_node_t *root = yaml_document_get_root_node(document);

    if (root == NULL || (root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0))
        return fail(STATUS_INPUT, "%s: is empty; an experiment file has keys such as 'model: resnet20'",
                    source);
    if (root->type != YAML_MAPPING_NODE) {
        place_print(place, sizeof place, source, root->start_mark);
        return fail(STATUS_INPUT, "%s: not an experiment file; want keys such as 'model: resnet20'", place);
    }
    return STATUS_OK;
}

enum status where_check(const struct yaml_text *text)
{
    yaml_parser_t parser;
    yaml_document_t document;
    enum status s = STATUS_OK;

    if (!yaml_parser_initialize(&parser)) return fail(STATUS_NOMEM, "%s: out of memory", text->source);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text->bytes, text->length);
    for (int i = 0; s == STATUS_OK; i++) {
        if (!yaml_parser_load(&parser, &document)) {
            s = syntax_error(&parser, text->source);
            break;
        }
        const yaml_node_t *root = yaml_document_get_root_node(&document);
        const bool last = root == NULL;
        if (i == 0) {
            s = root_check(&document, text->source);
        } else if (!last) {
            s = fail(STATUS_INPUT, "%s:%zu: a second YAML document; want one in a file", text->source,
                     root->start_mark.line + 1);
        }
        yaml_document_delete(&document);
        if (last) break;
    }
    yaml_parser_delete(&parser);
    return s;
}

/* The pair of a mapping whose key is word[length]; the second of two equal ones; NULL if there is none. */
static const yaml_node_pair_t *pair_find(yaml_document_t *document, const yaml_node_t *mapping,
                                         const char *word, size_t length)
{
    const yaml_node_pair_t *found = NULL;

    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < mapping->data.mapping.pairs.top;
         p++) {
        const yaml_node_t *key = yaml_document_get_node(document, p->key);
        if (key->type == YAML_SCALAR_NODE && key->data.scalar.length == length &&
            memcmp(key->data.scalar.value, word, length) == 0)
            found = p;
    }
    return found;
}

/* Follow `path` from the root as far as it leads; the mark of its last key, or of that key's value. */
static yaml_mark_t mark_find(yaml_document_t *document, const char *path, bool value)
{
    const yaml_node_t *node = yaml_document_get_root_node(document);
    yaml_mark_t mark = node->start_mark;

    while (*path != '\0') {
        const size_t length = strcspn(path, ".");
        if (node->type == YAML_MAPPING_NODE) {
            const yaml_node_pair_t *pair = pair_find(document, node, path, length);
            if (pair == NULL) break;
            node = yaml_document_get_node(document, pair->value);
            mark = value ? node->start_mark : yaml_document_get_node(document, pair->key)->start_mark;
        } else if (node->type == YAML_SEQUENCE_NODE) {
            const yaml_node_item_t *item = node->data.sequence.items.start + strtoul(path, NULL, 10);
            if (item >= node->data.sequence.items.top) break;
            node = yaml_document_get_node(document, *item);
            mark = node->start_mark;
        } else {
            break;
        }
        path += length;
        if (*path == '.') path++;
    }
    return mark;
}

void where_find(char *place, size_t size, const struct yaml_text *text, const char *path, bool value)
{
    yaml_parser_t parser;
    yaml_document_t document;

    snprintf(place, size, "%s", text->source);
    if (!yaml_parser_initialize(&parser)) return;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text->bytes, text->length);
    if (yaml_parser_load(&parser, &document)) {
        if (yaml_document_get_root_node(&document) != NULL)
            place_print(place, size, text->source, mark_find(&document, path, value));
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
}
