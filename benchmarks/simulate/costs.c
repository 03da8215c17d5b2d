/*
 * simulate/costs.c - what the primitives of a machine cost
 */
#include "costs.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PS_PER_NS 1000.0
#define NS_MAX    1e12

static const struct entry {
    const char *name;
    size_t offset;
    double ns;
    const char *what;
} entries[] = {
#define X(name, ns, what) {#name, offsetof(struct costs, name##_ps), ns, what},
    COST_MAP(X)
#undef X
};

#define ENTRIES (sizeof entries / sizeof *entries)

static uint64_t *field(struct costs *costs, const struct entry *entry)
{
    return (uint64_t *)((char *)costs + entry->offset);
}

static double field_ns(const struct costs *costs, const struct entry *entry)
{
    return (double)*(const uint64_t *)((const char *)costs + entry->offset) / PS_PER_NS;
}

struct costs costs_default(void)
{
    struct costs costs;
    for (size_t i = 0; i < ENTRIES; i++)
        *field(&costs, &entries[i]) = (uint64_t)(entries[i].ns * PS_PER_NS);
    return costs;
}

bool costs_set(struct costs *costs, const char *text)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        size_t length = strlen(entries[i].name);
        if (strncmp(text, entries[i].name, length) != 0 || strncmp(text + length, "_ns=", 4) != 0)
            continue;
        const char *number = text + length + 4;
        char *end;
        double ns = strtod(number, &end);
        while (isspace((unsigned char)*end))
            end++;
        if (!isdigit((unsigned char)*number) || *end != '\0' || !(ns <= NS_MAX))
            return false;
        *field(costs, &entries[i]) = (uint64_t)(ns * PS_PER_NS + 0.5);
        return true;
    }
    return false;
}

unsigned costs_read(struct costs *costs, FILE *file)
{
    char line[256];
    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        line[strcspn(line, "#\n")] = '\0';
        if (line[strspn(line, " ")] != '\0' && !costs_set(costs, line))
            return number;
    }
    return 0;
}

void costs_print_one(const char *name, double ns, FILE *file)
{
    for (size_t i = 0; i < ENTRIES; i++)
        if (strcmp(entries[i].name, name) == 0)
            fprintf(file, "%s_ns=%-*g # %s\n", name, 24 - (int)strlen(name), ns, entries[i].what);
}

void costs_print(const struct costs *costs, FILE *file)
{
    for (size_t i = 0; i < ENTRIES; i++)
        costs_print_one(entries[i].name, field_ns(costs, &entries[i]), file);
}
