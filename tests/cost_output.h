/* tests/cost_output.h - what `cptsim cost` prints, however long, and a look into its JSON. */
#ifndef TESTS_COST_OUTPUT_H
#define TESTS_COST_OUTPUT_H

#include "tests/command_line.h"

#include <ctype.h>

enum { OUTPUT = 1 << 22 };

static char output[OUTPUT];

/* Run `cptsim ARGUMENTS` and keep what it prints on stdout, however much; its exit code. */
__attribute__((format(printf, 1, 2))) static inline int cost(const char *format, ...)
{
    char arguments[2048], line[3072];
    va_list args;

    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(line, sizeof line, "'%s' cost %s 2>/dev/null", program(), arguments);
    FILE *pipe = popen(line, "r");
    cr_assert(pipe != NULL);
    output[fread(output, 1, sizeof output - 1, pipe)] = '\0';
    return WEXITSTATUS(pclose(pipe));
}

/* --- JSON: is it, and what does it say ---------------------------------------------------------------- */

static inline const char *value_end(const char *c);

static inline const char *blank_end(const char *c)
{
    return c + strspn(c, " \t\r\n");
}

static inline const char *string_end(const char *c)
{
    for (c++; *c != '"'; c++) {
        if (*c == '\0' || (unsigned char)*c < 0x20) return NULL;
        if (*c == '\\' && *++c == '\0') return NULL;
    }
    return c + 1;
}

/* Members of an object or a list, from after its bracket. */
static inline const char *members_end(const char *c, char close)
{
    c = blank_end(c);
    if (*c == close) return c + 1;
    for (;; c = blank_end(c + 1)) {
        if (close == '}') {
            if (*c != '"' || (c = string_end(c)) == NULL || *(c = blank_end(c)) != ':') return NULL;
            c = blank_end(c + 1);
        }
        if ((c = value_end(c)) == NULL) return NULL;
        c = blank_end(c);
        if (*c == close) return c + 1;
        if (*c != ',') return NULL;
    }
}

static inline const char *value_end(const char *c)
{
    static const char *const words[] = {"true", "false", "null"};
    char *end;

    if (*c == '{') return members_end(c + 1, '}');
    if (*c == '[') return members_end(c + 1, ']');
    if (*c == '"') return string_end(c);
    for (int i = 0; i < 3; i++)
        if (strncmp(c, words[i], strlen(words[i])) == 0) return c + strlen(words[i]);
    if (*c != '-' && !isdigit((unsigned char)*c)) return NULL; /* neither nan nor inf */
    strtod(c, &end);
    return end > c ? end : NULL;
}

static inline bool is_one_json_value(const char *text)
{
    const char *end = value_end(text);
    return end != NULL && *blank_end(end) == '\0';
}

/* Where the value of a key begins, in the first object after `from` that has it. */
static inline const char *value_of(const char *from, const char *key)
{
    char quoted[64];

    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *at = strstr(from, quoted);
    cr_assert(at != NULL, "no key '%s'", key);
    return at + strlen(quoted);
}

#endif
