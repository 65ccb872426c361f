#include "node.hpp"

part::part(int *count) : alive(count) { ++*alive; }
part::~part() { --*alive; }
