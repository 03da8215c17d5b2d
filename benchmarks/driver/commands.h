/*
 * driver/commands.h - the commands of weft-bench
 *
 * Each gets its own arguments, of which the first is its name, and returns the exit code.
 */
#ifndef DRIVER_COMMANDS_H
#define DRIVER_COMMANDS_H

#include <stdio.h>

int list_command(int count, char **values);
int run_command(int count, char **values);
int compare_command(int count, char **values);
int plot_command(int count, char **values);

/* Opens the file of a --json option to write; NULL gives NULL. */
FILE *open_output(const char *path);

#endif
