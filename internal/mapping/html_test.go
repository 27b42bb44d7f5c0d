package mapping_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/omniflow/omniflow/internal/mapping"
)

func TestText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain", "  En kopp.\r\n\r\n\r\nTo kopper.  ", "  En kopp.\r\n\r\n\r\nTo kopper.  "},
		{"plain with a comparison", "5 < 6 &\n7 > 6", "5 < 6 &\n7 > 6"},
		{"plain with entities", "R&oslash;d &amp;\nbl&aring; &lt;b&gt;", "Rød &\nblå <b>"},
		{"decoded once", "<b>&amp;lt;</b>", "&lt;"},
		{"inline", "a<b>b</b> <i>c</i>d", "ab cd"},
		{"spaces between inline elements", "<b>a</b>\n<b>b</b>", "a b"},
		{"folding", "<p>a \n\t b&nbsp;&nbsp;c</p>", "a b c"},
		{"paragraphs", "<p>a</p><p>b</p>", "a\nb"},
		{"nested blocks", "<div><div><p>a</p></div></div><div>b</div>", "a\nb"},
		{"breaks", "a<br>b<br/>c<BR />d", "a\nb\nc\nd"},
		{"one empty line at most", "a<br><br><br><br>b", "a\n\nb"},
		{"empty paragraphs", "<p></p><p>&nbsp;</p>a<p> </p>", "a"},
		{"trimmed", "<br><br><p>a</p><br><br>", "a"},
		{"list", "Har:<ul><li>a</li><li>b <b>c</b></li></ul>slutt", "Har:\n- a\n- b c\nslutt"},
		{"list of blocks", "<ul>\n<li>\n<p>a</p></li>\n<li></li><li><p>b</p><p>c</p></li></ul>", "- a\n- b\nc"},
		{"table", "<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>", "a b\nc"},
		{"script and style", "a<script>if (1<2) {x('</p>')}</script><style>p{}</style>b", "ab"},
		{"script without end", "a<script>b", "a"},
		{"comment", "a<!-- b -->c", "ac"},
		{"unknown element", "<x-y>a</x-y>", "a"},
		{"not closed", "<p>a<p>b<div", "a\nb"},
		{"nothing but markup", "<p><img src=x></p>", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := mapping.Text(tt.in); got != tt.want {
				t.Errorf("Text(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"plain", "<p>a</p>", "<ul><li>a", "&amp;", "<script>", "<br><br><br>", "< a", "<!--", "</", "<textarea><p>",
		"<title>a</title>b", "<svg><style>x</style>", "a\u00a0 b", "<li><li><br>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := mapping.Text(s)
		if !strings.ContainsAny(s, "<&") && got != s {
			t.Fatalf("Text(%q) = %q, want it unchanged", s, got)
		}
		if utf8.ValidString(s) && !utf8.ValidString(got) {
			t.Fatalf("Text(%q) = %q, which is not UTF-8", s, got)
		}
		if !strings.ContainsAny(got, "<&") && mapping.Text(got) != got {
			t.Fatalf("Text(Text(%q)) = %q, want %q", s, mapping.Text(got), got)
		}
	})
}
