# SPDX-License-Identifier: GPL-2.0-or-later
# Reads a help text, writes the completions for `program` in `shell`. packaging/completions/make calls it.
#
# A command's line is "  NAME  TEXT" below "commands:", an option's "  --NAME[=VALUE]  TEXT". What a value may be is seen
# from VALUE ("a|b", FILE, FOLDER, PATH, USER), from a TEXT that lists words ("a, b or c"), or from the option's name.

/^commands:/ { in_commands = 1; next }
/^$/ { in_commands = 0 }
in_commands && /^  [a-z]/ { add_command($1, rest_after($0, "^  [a-z-]+")) }
/^  --/ { add_options($0) }
END {
	if (!option_count)
		fail("the help text lists no options")
	if (shell == "bash")
		write_bash()
	else if (shell == "zsh")
		write_zsh()
	else if (shell == "fish")
		write_fish()
	else
		fail("no such shell: " shell)
}

function fail(what) {
	print "make.awk: " what >"/dev/stderr"
	failed = 1
	exit 1
}

function rest_after(line, pattern) {
	sub(pattern " *", "", line)
	return line
}

# --- what the help text says ---

function add_command(name, text) {
	commands[++command_count] = name
	is_command[name] = 1
	command_text[name] = text
	if (index(text, program " " name " FILE"))
		argument[name] = "file"
	else if (match(text, /: NAME\[,NAME\.\.\.\], [a-z]+ or [a-z]+$/)) {
		argument[name] = "outputs"
		argument_words[name] = words_of(substr(text, RSTART + length(": NAME[,NAME...], ")))
	}
}

# A line may name several options without values: "  --version, --help".
function add_options(line,    names, count, i, text, value) {
	match(line, /^  --[a-z0-9-]+(=[^ ]+)?(, --[a-z-]+)*/)
	text = rest_after(substr(line, RLENGTH + 1), "^")
	count = split(substr(line, 3, RLENGTH - 2), names, /, /)
	for (i = 1; i <= count; i++) {
		value = ""
		if (match(names[i], /=/)) {
			value = substr(names[i], RSTART + 1)
			names[i] = substr(names[i], 1, RSTART - 1)
		}
		add_option(substr(names[i], 3), value, text)
	}
}

function add_option(name, value, text) {
	options[++option_count] = name
	takes_value[name] = value != ""
	repeats[name] = text ~ /may be repeated/
	only_for[name] = commands_in(text)
	sub(/ \(default: .*\)$/, "", text)
	option_text[name] = text
	kind[name] = kind_of(name, value, text)
	if (kind[name] == "words")
		words[name] = words_of(value ~ /\|/ ? value : text)
	else if (kind[name] == "outputs")
		words[name] = "all"
}

# The commands that a text begins with, as in "doctor and bench: print JSON". None: the option is for all.
function commands_in(text,    list, names, count, i) {
	if (!match(text, /^[a-z, ]+: /))
		return ""
	list = words_of(substr(text, 1, RLENGTH - 2))
	count = split(list, names, / /)
	for (i = 1; i <= count; i++)
		if (!(names[i] in is_command))
			return ""
	return list
}

function kind_of(name, value, text) {
	if (value ~ /^[a-z0-9]+(\|[a-z0-9]+)+$/)
		return "words"
	gsub(/ \(default\)/, "", text)
	if (text ~ /(^|: )([a-z]+, )+[a-z]+ or [a-z]+$/)
		return "words"
	if (value ~ /^(FILE|PATH|\/.*)$/)
		return "file"
	if (value == "FOLDER")
		return "folder"
	if (value == "USER")
		return "user"
	if (name ~ /-users$/)
		return "users"
	if (name ~ /-group$/)
		return "group"
	if (name == "output")
		return "outputs"
	return value == "" ? "none" : "text"
}

# "a|b", "a, b and c" and "for something: a, b (default) or c" are "a b c".
function words_of(list) {
	gsub(/ \(default\)/, "", list)
	sub(/^.*: /, "", list)
	gsub(/\||, | or | and /, " ", list)
	return list
}

function takes_outputs(command) { return (command in argument) && argument[command] == "outputs" }
function is_for(name, command) { return !only_for[name] || index(" " only_for[name] " ", " " command " ") }

# A shell's word in single quotes. fish escapes a quotation mark within them, the others end them for it.
function quoted(text) {
	if (shell == "fish") {
		gsub(/\\/, "\\\\", text)
		gsub(/'/, "\\'", text)
	} else
		gsub(/'/, "'\\''", text)
	return "'" text "'"
}

function write_top() {
	print "# SPDX-License-Identifier: GPL-2.0-or-later"
	print "# Completions for " program " in " shell ", made from its help text."
}

# --- bash ---

function bash_names(command,    i, list) {
	for (i = 1; i <= option_count; i++)
		if (command == "" ? !only_for[options[i]] : only_for[options[i]] && is_for(options[i], command))
			list = list (list ? " " : "") "--" options[i] (takes_value[options[i]] ? "=" : "")
	return list
}

function bash_value(of, word_list) {
	if (of == "words")
		return "words " quoted(word_list)
	if (of == "file")
		return "files -f"
	if (of == "folder")
		return "files -d"
	if (of == "user")
		return "words \"$(compgen -u)\""
	if (of == "users")
		return "list \"$(compgen -u)\""
	if (of == "group")
		return "words \"$(compgen -g)\""
	if (of == "outputs")
		return "list \"" word_list " $(outputs)\""
	return ""
}

function write_bash(    self, i, name, call, unknown) {
	self = program
	gsub(/-/, "_", self)
	write_top()
	print "_" self "_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\"); }"
	print "_" self "_files() {"
	print "\tmapfile -t COMPREPLY < <(compgen \"$1\" -- \"$word\")"
	print "\tcompopt -o filenames"
	print "}"
	print "# The last of several words with commas between them."
	print "_" self "_list() {"
	print "\tlocal before=${word%\"${word##*,}\"}"
	print "\tmapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$1\" -- \"${word#\"$before\"}\")"
	print "}"
	print "_" self "_outputs() {"
	print "\tlocal card"
	print "\tfor card in /sys/class/drm/card*-*; do"
	print "\t\tcard=${card##*/}"
	print "\t\t[[ $card == *'*'* ]] || echo \"${card#card*-}\""
	print "\tdone"
	print "}"
	print "_" self "() {"
	print "\tlocal word=${COMP_WORDS[COMP_CWORD]} at=$((COMP_CWORD - 1)) names"
	print "\t# The shell makes a word of its own of the \"=\" after an option."
	print "\tif [[ $word == = ]]; then"
	print "\t\tword=''"
	print "\telif [[ $at -gt 0 && ${COMP_WORDS[at]} == = ]]; then"
	print "\t\tat=$((at - 1))"
	print "\tfi"
	print "\tCOMPREPLY=()"
	print "\tcase ${COMP_WORDS[at]} in"
	for (i = 1; i <= option_count; i++) {
		name = options[i]
		call = bash_value(kind[name], words[name])
		if (call)
			print "\t--" name ") " bash_call(self, call) "; return ;;"
		else if (takes_value[name])
			unknown = unknown (unknown ? " | " : "") "--" name
	}
	if (unknown)
		print "\t" unknown ") return ;;"
	print "\tesac"
	print "\tnames=" quoted(bash_names(""))
	if (command_count) {
		print "\tcase ${COMP_WORDS[1]} in"
		for (i = 1; i <= command_count; i++)
			if (bash_names(commands[i]))
				print "\t" commands[i] ") names+=' " bash_names(commands[i]) "' ;;"
		print "\tesac"
		print "\tif [[ $word != -* && $COMP_CWORD == 1 ]]; then"
		print "\t\tnames=" quoted(joined_commands())
		print "\telif [[ $word != -* ]]; then"
		print "\t\tcase ${COMP_WORDS[1]} in"
		for (i = 1; i <= command_count; i++)
			if (commands[i] in argument)
				print "\t\t" commands[i] ") " bash_call(self, bash_value(argument[commands[i]], argument_words[commands[i]])) "; return ;;"
		print "\t\tesac"
		print "\tfi"
	}
	print "\t_" self "_words \"$names\""
	print "\t[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace"
	print "}"
	print "complete -F _" self " " program
}

function bash_call(self, call) {
	gsub(/\$\(outputs\)/, "$(_" self "_outputs)", call)
	return "_" self "_" call
}

function joined_commands(    i, list) {
	for (i = 1; i <= command_count; i++)
		list = list (i > 1 ? " " : "") commands[i]
	return list
}

# --- zsh ---

function zsh_action(of, word_list) {
	if (of == "words")
		return "(" word_list ")"
	if (of == "file")
		return "_files"
	if (of == "folder")
		return "_files -/"
	if (of == "user")
		return "_users"
	if (of == "users")
		return "_sequence _users"
	if (of == "group")
		return "_groups"
	if (of == "outputs")
		return "->outputs"
	return " "
}

# _arguments takes brackets and colons in a description for its own.
function zsh_option(name,    text, spec) {
	text = option_text[name]
	gsub(/\\|\[|\]|:/, "\\\\&", text)
	spec = (repeats[name] ? "*" : "") "--" name (takes_value[name] ? "=" : "") "[" text "]"
	if (takes_value[name])
		spec = spec ":" name ":" zsh_action(kind[name], words[name])
	return quoted(spec)
}

function write_zsh(    i, j, text, some) {
	print "#compdef " program
	write_top()
	print "local context state state_descr line"
	print "typeset -A opt_args"
	print "local -a options=("
	for (i = 1; i <= option_count; i++)
		if (!only_for[options[i]])
			print "\t" zsh_option(options[i])
	print ")"
	if (!command_count) {
		print "_arguments $options"
		return
	}
	print "local -a commands=("
	for (i = 1; i <= command_count; i++) {
		text = command_text[commands[i]]
		gsub(/:/, "\\:", text)
		print "\t" quoted(commands[i] ":" text)
	}
	print ")"
	print "case $words[2] in"
	for (i = 1; i <= command_count; i++) {
		some = ""
		for (j = 1; j <= option_count; j++)
			if (only_for[options[j]] && is_for(options[j], commands[i]))
				some = some " " zsh_option(options[j])
		if (some)
			print commands[i] ") options+=(" substr(some, 2) ") ;;"
	}
	print "esac"
	print "_arguments $options '1: :->command' '2: :->argument' && return"
	print "local -a outputs=(/sys/class/drm/card*-*(N:t))"
	print "outputs=(${outputs#card<->-})"
	print "case $state in"
	print "command) _describe -t commands command commands ;;"
	for (i = 1; i <= option_count; i++)
		if (kind[options[i]] == "outputs")
			print "outputs) _sequence compadd - " words[options[i]] " $outputs ;;"
	print "argument)"
	print "\tcase $words[2] in"
	for (i = 1; i <= command_count; i++)
		if (takes_outputs(commands[i]))
			print "\t" commands[i] ") _sequence compadd - " argument_words[commands[i]] " $outputs ;;"
		else if (commands[i] in argument)
			print "\t" commands[i] ") " zsh_action(argument[commands[i]]) " ;;"
	print "\tesac"
	print "\t;;"
	print "esac"
}

# --- fish ---

function fish_value(of, word_list) {
	if (of == "none")
		return ""
	if (of == "words")
		return " -x -a " quoted(word_list)
	if (of == "file")
		return " -r -F"
	if (of == "folder")
		return " -x -a '(__fish_complete_directories)'"
	if (of == "user" || of == "users")
		return " -x -a '(__fish_complete_users)'"
	if (of == "group")
		return " -x -a '(__fish_complete_groups)'"
	if (of == "outputs")
		return " -x -a " quoted(word_list " (" fish_outputs() ")")
	return " -x"
}

function fish_outputs() {
	return "for card in /sys/class/drm/card*-*; string replace -r \".*/card[0-9]+-\" \"\" $card; end"
}

function write_fish(    i, name, only) {
	write_top()
	print "complete -c " program " -f"
	for (i = 1; i <= command_count; i++) {
		name = commands[i]
		print "complete -c " program " -n __fish_is_first_arg -a " name " -d " quoted(command_text[name])
		only = " -n " quoted("__fish_seen_subcommand_from " name)
		if ((name in argument) && argument[name] == "file")
			print "complete -c " program only " -F"
		else if (takes_outputs(name))
			print "complete -c " program only " -a " quoted(argument_words[name] " (" fish_outputs() ")")
	}
	for (i = 1; i <= option_count; i++) {
		name = options[i]
		only = only_for[name] ? " -n " quoted("__fish_seen_subcommand_from " only_for[name]) : ""
		print "complete -c " program only " -l " name fish_value(kind[name], words[name]) \
			(option_text[name] ? " -d " quoted(option_text[name]) : "")
	}
}
