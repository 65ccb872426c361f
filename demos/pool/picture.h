/* A ring of objects as a picture: what holds what, each language in its colour. */
#ifndef POOL_PICTURE_H
#define POOL_PICTURE_H

#include <xlgc/script.hpp>

#include <string>
#include <vector>

/* The shortest way from an object through others back to itself that visits the most languages. Empty when there is none. */
std::vector<xlgc_id> find_ring(const xlgc::pool &pool, xlgc_id from);

/* Writes it as SVG, by graphviz's `dot`. around: an object that holds one of the ring, such as the page. Throws
 * std::runtime_error. */
void draw_ring(const xlgc::pool &pool, const std::vector<xlgc_id> &ring, xlgc_id around, const std::string &path);

#endif
