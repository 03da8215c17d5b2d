/*
 * simulate/measure.h - what the primitives cost on this machine
 */
#ifndef SIMULATE_MEASURE_H
#define SIMULATE_MEASURE_H

#include <stdio.h>

/* Measures what it can, within some seconds, and prints lines that costs_read() reads. What needs two CPUs is left out
 * where there is one, and what needs three where there are two. The machine should have nothing else to do. */
void measure(FILE *file);

#endif
