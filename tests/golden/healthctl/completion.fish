# fish completion of healthctl
function __healthctl_complete
    set -l words (commandline -opc)
    for line in (healthctl complete -- $words[2..-1] (commandline -ct) 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c healthctl -f -a '(__healthctl_complete)'
