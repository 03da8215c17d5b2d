# Splits C into code and comments: prints `file <tab> line <tab> code <tab> comment` for each line. Strings stay in
# the code.  A line of a comment has at least a blank in its fourth field, so that it differs from a line without one.
BEGIN { OFS = "\t" }
FNR == 1 { inside = 0 }
{
    rest = $0
    gsub(/\t/, " ", rest)
    code = ""
    comment = inside ? " " : ""
    while (rest != "") {
        if (inside) {
            end = index(rest, "*/")
            comment = comment (end ? substr(rest, 1, end - 1) : rest)
            if (!end)
                break
            rest = substr(rest, end + 2)
            inside = 0
        } else if (!match(rest, /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'|\/\*|\/\//)) {
            code = code rest
            break
        } else {
            token = substr(rest, RSTART, RLENGTH)
            code = code substr(rest, 1, RSTART - 1)
            rest = substr(rest, RSTART + RLENGTH)
            if (token == "/*") {
                inside = 1
                comment = comment " "
            } else if (token == "//") {
                comment = comment " " rest
                break
            } else
                code = code token
        }
    }
    sub(/ +$/, "", code)
    print FILENAME, FNR, code, comment
}
